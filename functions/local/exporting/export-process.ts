/** @file The process that exports: it computes, which the CLI itself does not. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type ExportMessage, type ExportRequest, exportMessageSchema } from '../../../shared/contract/export.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { cacheDirectory } from '../home.ts';
import { entryPoint } from '../package-root.ts';

/**
 * Runs the request to its end, also where some of its forms fail.
 * @param heard takes what the process says but for an error that ends it
 * @throws FastpathError with the code and line of that, or else of the first form that failed; `export.died` where the
 * process fell silent
 */
export async function runExport(
  request: ExportRequest,
  heard: (message: Exclude<ExportMessage, { type: 'error' }>) => void,
): Promise<void> {
  const env = { ...process.env, FASTPATH_CACHE: cacheDirectory() };
  const child = spawn(process.execPath, entryPoint('batch/export'), { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // TensorFlow greets at length: what is said there matters only where the process says nothing else.
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  // A process that ends at once does not read all of it: its exit says more than a broken pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(request));
  let failure: FastpathError | null = null;
  for await (const line of createInterface(child.stdout)) {
    const message = exportMessageSchema.parse(JSON.parse(line));
    if (message.type === 'error' || message.type === 'failed') {
      failure ??= new FastpathError(message.code, message.message);
    }
    if (message.type !== 'error') heard(message);
  }
  const exitCode = await exited;
  if (failure !== null) throw failure;
  if (exitCode !== 0) {
    const reason = said.trimEnd().split('\n').at(-1) || `exit code ${exitCode}`;
    throw new FastpathError('export.died', `the export ended early (${reason}): free some memory and try again`);
  }
}
