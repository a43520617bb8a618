/** @file `fastpath serve`: runs the whole service on this machine until it is stopped. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import { checkedOrigins } from '../../api/cors.ts';
import type { Console } from '../console.ts';
import { writeJson, writeLine } from '../console.ts';
import { homeDirectory } from '../home.ts';
import { packageVersion } from '../package-root.ts';
import { serve } from '../serve/server.ts';
import { openWorkerQueue } from '../serve/worker-queue.ts';
import { onStopSignal } from '../signals.ts';

export interface ServeFlags {
  port: number;
  host: string;
  dataRoot?: string;
  pricePerHour?: number;
  keepDetails: number;
  keepSearches?: number;
  publicUrl?: string;
  trustProxy?: boolean;
  corsOrigin?: string[];
  json?: boolean;
}

/** The exit code, once it was stopped. */
export async function serveCommand(flags: ServeFlags, console: Console): Promise<number> {
  await check(flags);
  const say = (line: string) => writeLine(console.err, line);
  let stop = () => {};
  const stopped = new Promise<void>((done) => {
    stop = done;
  });
  const signals = onStopSignal((times) => {
    stop();
    if (times > 1) process.exit(1);
  });
  const home = homeDirectory();
  const serving = await serve({
    home,
    port: flags.port,
    host: flags.host,
    dataRoot: flags.dataRoot === undefined ? null : resolve(flags.dataRoot),
    retention: { detailDays: flags.keepDetails, searchDays: flags.keepSearches ?? null },
    pricePerHourUsd: flags.pricePerHour ?? null,
    version: packageVersion(),
    publicUrl: checkedPublicUrl(flags.publicUrl ?? process.env.FASTPATH_PUBLIC_URL ?? ''),
    trustProxy: flags.trustProxy === true,
    corsOrigins: checkedOrigins(flags.corsOrigin ?? []),
    openQueue: (onEvent) => openWorkerQueue(home, onEvent),
    onFailure: (error) => say(`warning: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`),
  });
  const { url, keyFile, operatorKeyFile, firstStart, database } = serving;
  if (flags.json === true) writeJson(console, { type: 'serving', url, keyFile, operatorKeyFile, firstStart });
  say(`Fastpath at ${url}: dashboard at ${url}/app, readable docs at ${url}/docs; ${database}`);
  say(firstStart ? `an admin key was written to ${keyFile}; only you can read it` : `the admin key is in ${keyFile}`);
  say(`the operator's key, which tops credit up, is in ${operatorKeyFile}`);
  await stopped;
  say('stopping; searches go on and are taken up by the next start');
  await serving.close();
  signals.release();
  return 0;
}

/** Null for none. @throws FastpathError `serve.public-url` */
function checkedPublicUrl(text: string): string | null {
  if (text === '') return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  const message = `--public-url: ${text} is not the address of a host: give e.g. https://fastpath.example.com, without a path`;
  throw new FastpathError('serve.public-url', message);
}

/** @throws FastpathError `serve.port`, `serve.data-root` */
async function check({ port, dataRoot }: ServeFlags): Promise<void> {
  if (port > 65_535) throw new FastpathError('serve.port', `--port: ${port} is no port: give one from 0 to 65535`);
  const isFolder = dataRoot === undefined || (await stat(dataRoot).catch(() => null))?.isDirectory() === true;
  if (!isFolder)
    throw new FastpathError('serve.data-root', `--data-root: there is no folder ${dataRoot}: make it first`);
}
