/**
 * @file Compiles C++ to a shared object with g++: the files in parallel, each only when something it depends on has
 * changed. What a result depends on is hashed, and the hash kept beside it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { runCommand } from './command.ts';

export interface Compilation {
  /** A folder; its `*.cc` are compiled, its `*.h` are what they may include. */
  sources: string;
  /** The shared object to make. */
  output: string;
  flags: readonly string[];
  includes: readonly string[];
  link: readonly string[];
  /** A library whose replacement makes everything out of date. */
  against: string;
}

export type Outcome = 'compiled' | 'up to date' | 'nothing to compile';

/** @throws FastpathError `native.no-compiler` */
export async function compilerVersion(): Promise<string> {
  const install = 'install a C++ compiler, on Debian and Ubuntu: apt-get install g++';
  const options = { code: 'native.no-compiler', what: 'the C++ compiler', missing: install };
  const version = await runCommand('g++', ['--version'], options);
  return version.split('\n')[0]!;
}

/** @throws FastpathError `native.compile` with the compiler's first error, `native.no-compiler` */
export async function compile(compilation: Compilation): Promise<Outcome> {
  const { sources, output, flags, includes, link, against } = compilation;
  const names = (await readdir(sources).catch(() => [])).sort();
  const files = names.filter((name) => name.endsWith('.cc'));
  if (files.length === 0) {
    await rm(output, { force: true });
    return 'nothing to compile';
  }

  const read = (name: string) => readFile(join(sources, name));
  const headers = await Promise.all(names.filter((name) => name.endsWith('.h')).map(read));
  const { size, mtimeMs } = await stat(against);
  // `-march=native` means this processor: what another one compiled may hold instructions that this one lacks.
  const shared = [await compilerVersion(), cpus()[0]?.model ?? '', `${size} ${mtimeMs}`, ...flags, ...includes];

  const objects = join(dirname(output), 'objects', basename(output));
  await mkdir(objects, { recursive: true });
  const keys: string[] = [];
  await inParallel(files, async (name, index) => {
    const object = join(objects, `${name}.o`);
    const key = fingerprint([...shared, ...headers, await read(name)]);
    keys[index] = key;
    const include = includes.map((folder) => `-I${folder}`);
    await unlessUpToDate(object, key, (target) => gcc([...flags, ...include, '-c', join(sources, name), '-o', target]));
  });
  const inputs = files.map((name) => join(objects, `${name}.o`));
  const linked = await unlessUpToDate(output, fingerprint([...keys, ...files, ...link]), (target) =>
    gcc(['-shared', ...flags, ...inputs, ...link, '-o', target]),
  );
  return linked ? 'compiled' : 'up to date';
}

/** One hash of several parts; parts are told apart by their lengths. */
export function fingerprint(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

/**
 * Makes a file unless the key kept beside it is this one.
 * @param make writes the path it is given, which takes the file's place only when it is whole: a program that has the
 *   old one loaded keeps it
 * @returns whether it was made
 */
export async function unlessUpToDate(
  path: string,
  key: string,
  make: (target: string) => Promise<unknown>,
): Promise<boolean> {
  const [there, kept] = await Promise.all([stat(path).catch(() => undefined), readKey(path)]);
  if (there && kept === key) return false;
  const target = `${path}.${process.pid}.part`;
  await make(target);
  await rename(target, path);
  await writeFile(`${path}.key`, key);
  return true;
}

const readKey = (path: string) => readFile(`${path}.key`, 'utf8').catch(() => undefined);

function gcc(args: readonly string[]): Promise<string> {
  return runCommand('g++', args, { code: 'native.compile', what: 'compiling with g++' });
}

async function inParallel<T>(items: readonly T[], task: (item: T, index: number) => Promise<void>): Promise<void> {
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) await task(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(items.length, availableParallelism()) }, worker));
}
