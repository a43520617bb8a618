/** @file What the process of a built command really loads, and how long it works. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commandFile } from './command.ts';

export interface Setting {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** Modules that no command but those that train or serve may load. */
export const heavy =
  /node_modules\/(@tensorflow|@aws-sdk|@smithy|sharp|@img|tar-stream|onnxruntime|playwright)|\.dist\/batch\//;

const module = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

/** Writes every module that is imported into the file $SEEN. */
const loader = module(`
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.SEEN, url + '\\n');
    return next(url, context);
  }`);
const listModules = module(`import { register } from 'node:module'; register(${JSON.stringify(loader)});`);
/** Adds the processor time that the process took, in ms. */
const timeProcess = module(`
  import { appendFileSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    appendFileSync(process.env.SEEN, (user + system) / 1000 + '\\n');
  });`);

/** URLs of all modules that the command imports. */
export function loadedModules(args: string[], setting: Setting): Promise<string[]> {
  return seen(listModules, args, setting, 1);
}

/** Processor time of the command, the best of three: another program on the machine is no fault of this one. */
export async function processorMs(args: string[], setting: Setting): Promise<number> {
  return Math.min(...(await seen(timeProcess, args, setting, 3)).map(Number));
}

/** The lines that a preloaded module wrote while the command ran. */
async function seen(preloaded: string, args: string[], { cwd, env }: Setting, times: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-seen-'));
  const file = join(folder, 'seen');
  try {
    for (let i = 0; i < times; i++) {
      const options = { cwd, env: { ...process.env, ...env, SEEN: file } };
      await promisify(execFile)(process.execPath, ['--import', preloaded, commandFile, ...args], options);
    }
    return (await readFile(file, 'utf8')).trimEnd().split('\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}
