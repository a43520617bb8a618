/**
 * @file The TensorFlow library that the npm package itself would download. Heeds the package's own variables for
 * mirrors, TFJS_NODE_BASE_URI and TFJS_NODE_CDN_STORAGE.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FastpathError } from '../../../../shared/errors.ts';
import type { Flavour } from './pins.ts';

/** How long the host may take to begin its answer. */
const answerMs = 5_000;
/** How long the whole download may take. */
const downloadMs = 20 * 60_000;

/** The version of TensorFlow that the installed package was made for. */
export function officialVersion(packageFolder: string): string {
  const constants = createRequire(import.meta.url)(join(packageFolder, 'scripts/deps-constants.js')) as {
    LIBTENSORFLOW_VERSION: string;
  };
  return constants.LIBTENSORFLOW_VERSION;
}

/** Undefined where there is none for this processor. */
export function officialAddress(
  flavour: Flavour,
  arch: string,
  version: string,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (arch !== 'x64') return undefined;
  const storage = env.TFJS_NODE_CDN_STORAGE ?? 'https://storage.googleapis.com/';
  const base = env.TFJS_NODE_BASE_URI ?? `${storage}tensorflow/libtensorflow/libtensorflow-`;
  return `${base}${flavour}-linux-x86_64-${version}.tar.gz`;
}

/**
 * Downloads and unpacks a `.tar.gz` of `include`, `lib` and licence.
 * @throws FastpathError `native.download` when the host is out of reach, refuses, or sends something else
 */
export async function downloadOfficial(
  address: string,
  folder: string,
  limits: { answerMs: number } = { answerMs },
): Promise<void> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), limits.answerMs);
  try {
    const response = await fetch(address, { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`the host answers ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), downloadMs);
    await mkdir(folder, { recursive: true });
    const tar = spawn('tar', ['-xzf', '-', '-C', folder], { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = once(tar, 'close');
    const settled = await Promise.allSettled([pipeline(Readable.fromWeb(response.body), tar.stdin), ended]);
    // A tar that gives up closes its pipe: its status says more than the broken pipe does.
    const failed = settled.find((each) => each.status === 'rejected' && each.reason.code !== 'EPIPE');
    if (failed?.status === 'rejected') throw failed.reason;
    if (tar.exitCode !== 0) throw new Error('what came is not a .tar.gz');
  } catch (cause) {
    throw new FastpathError('native.download', `the official download failed: ${reasonOf(cause)}`, {
      cause,
      retry: true,
    });
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'AbortError') return 'the host does not answer in time';
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
