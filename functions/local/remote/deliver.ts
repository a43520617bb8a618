/** @file A search of the service from here: shown while it runs, fetched when it has ended, left or cancelled by Ctrl-C. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Search, SearchDetail } from '../../../shared/contract/api/searches.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { duration } from '../../../shared/format.ts';
import type { Fastpath } from '../../client/index.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { Display } from '../display.ts';
import { claimOutFolder, resultIn, type SavedResult, searchMark } from '../out-folder.ts';
import { interruptedExitCode, onStopSignal } from '../signals.ts';
import { printSummary } from '../summary.ts';
import { usd } from './listing.ts';

export interface DeliverFlags {
  out?: string;
  json?: boolean;
}

/** How long the first Ctrl-C waits for a second one. */
const secondThoughtsMs = 5000;

/**
 * The exit code: 0 with results saved and reported, 130 where it was left or cancelled by a signal.
 * @throws FastpathError with the search's own reason where it failed, `search.cancelled`
 */
export async function deliverSearch(
  fastpath: Fastpath,
  { id, orderId }: Pick<Search, 'id' | 'orderId'>,
  flags: DeliverFlags,
  console: Console,
): Promise<number> {
  const ended = await show(fastpath, id, flags.json === true, console);
  if (ended.left) return sayLeft(id, orderId, console);
  const search = await fastpath.searches.get(id);
  if (ended.cancelled && search.state === 'cancelled') {
    writeLine(console.err, `cancelled; what it took until then is charged: ${tookOf(search)}`);
    return interruptedExitCode;
  }
  await fetchResult(fastpath, search, flags, console);
  return 0;
}

/** The exit code: 0 once the searches that it is for can go on, or say why they cannot. */
export async function watchWarmUp(
  fastpath: Fastpath,
  { id, orderId }: Pick<Search, 'id' | 'orderId'>,
  { json = false }: DeliverFlags,
  console: Console,
): Promise<number> {
  if (!json) writeLine(console.err, `warm-up ${id}, which the searches share`);
  return (await show(fastpath, id, json, console)).left ? sayLeft(id, orderId, console) : 0;
}

function sayLeft(id: string, orderId: string, console: Console): number {
  const again = `fastpath orders follow ${orderId} shows it again, fastpath orders cancel ${orderId} ends it`;
  writeLine(console.err, `left: search ${id} goes on; ${again}`);
  return interruptedExitCode;
}

/** Saves and reports what a search that has ended found. @throws FastpathError where it found nothing */
export async function fetchResult(
  fastpath: Fastpath,
  search: SearchDetail,
  { out, json }: DeliverFlags,
  console: Console,
): Promise<void> {
  const { id, orderId, architectureId, reason, state } = search;
  if (architectureId === null) {
    const why = reason === null ? '' : `: ${reason.message}`;
    throw new FastpathError(reason?.code ?? `search.${state}`, `search ${id} is ${state} and has no result${why}`);
  }
  const saved = await save(fastpath, search, architectureId, out ?? join('fastpath-results', id));
  if (json) return writeJson(console, { type: 'result', ...saved, search: id, order: orderId });
  if (state === 'stopped')
    writeLine(console.err, `warning: stopped early (${reason?.message}): this is the best so far`);
  await printSummary(saved, console);
  writeLine(console.out, `  ${tookOf(search)}`);
}

async function save(
  fastpath: Fastpath,
  search: SearchDetail,
  architectureId: string,
  folder: string,
): Promise<SavedResult> {
  await claimOutFolder(folder, search.id, searchMark);
  const { saveFiles } = await import('../../client/node.ts');
  await writeFile(join(folder, searchMark.name), `${JSON.stringify(search, null, 2)}\n`);
  return resultIn(folder, await saveFiles(fastpath, await fastpath.architectures.get(architectureId), folder));
}

function tookOf({ attempts }: SearchDetail): string {
  const seconds = attempts.map(({ computeSeconds }) => computeSeconds ?? 0);
  const cost = attempts.map(({ pricePerHourUsd }, i) => ((pricePerHourUsd ?? 0) * seconds[i]!) / 3600);
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  return `${duration(sum(seconds))} of compute, ${usd(sum(cost))}`;
}

/** Shows a search until it has ended, or until a signal says to leave it. The first Ctrl-C leaves, a second one cancels. */
async function show(
  fastpath: Fastpath,
  id: string,
  json: boolean,
  console: Console,
): Promise<{ left: boolean; cancelled: boolean }> {
  const display = new Display(console.err);
  const leaving = new AbortController();
  let cancelling: Promise<unknown> | null = null;
  let timer: NodeJS.Timeout | undefined;
  const signals = onStopSignal((times, signal) => {
    clearTimeout(timer);
    if (signal !== 'SIGINT' || times > 2) return leaving.abort();
    if (times === 1) {
      display.say(`leaving the search to go on; Ctrl-C again within ${secondThoughtsMs / 1e3} s cancels it`);
      timer = setTimeout(() => leaving.abort(), secondThoughtsMs);
      return;
    }
    display.say('cancelling the search …');
    cancelling = fastpath.searches.cancel(id);
    cancelling.catch((error) => leaving.abort(error));
  });
  try {
    for await (const event of fastpath.searches.events(id, { signal: leaving.signal })) {
      if (event.type === 'record') json ? writeJson(console, event.record) : display.show(event.record);
      else if (!json && event.state === 'queued') display.say(`search ${id} waits in the queue`);
    }
    return { left: false, cancelled: cancelling !== null };
  } catch (error) {
    if (!leaving.signal.aborted) throw goesOn(error, id);
    await cancelling;
    return { left: true, cancelled: false };
  } finally {
    clearTimeout(timer);
    signals.release();
    display.clear();
  }
}

/** What is lost is the view of the search, not the search. */
function goesOn(error: unknown, id: string): unknown {
  if (!(error instanceof FastpathError) || !error.retry) return error;
  return new FastpathError(error.code, `${error.message}; search ${id} itself goes on`, { retry: true, cause: error });
}
