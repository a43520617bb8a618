/** @file `fastpath serve` as a process, known once it answers. */
import { readFileSync } from 'node:fs';
import { Command, type Running } from './command.ts';

export interface Served {
  url: string;
  port: number;
  /** the admin key of the tenant `local` */
  key: string;
  operatorKey: string;
  keyFiles: string[];
  running: Running;
  /** kill -9, over when it is gone */
  kill(): Promise<void>;
}

/** @param root holds the home, which the next start finds again */
export async function startServe(
  root: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Served> {
  const running = new Command(root, env).start('serve', '--port', '0', '--json', ...args);
  const { process: child } = running;
  while (!running.out().includes('\n') && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (!running.out().includes('"serving"')) throw new Error(`serve did not start:\n${running.err()}`);
  const { url, keyFile, operatorKeyFile } = JSON.parse(running.out()) as Record<string, string>;
  return {
    url: url!,
    port: Number(new URL(url!).port),
    key: readFileSync(keyFile!, 'utf8').trim(),
    operatorKey: readFileSync(operatorKeyFile!, 'utf8').trim(),
    keyFiles: [keyFile!, operatorKeyFile!],
    running,
    kill: async () => {
      child.kill('SIGKILL');
      await running.ended;
    },
  };
}
