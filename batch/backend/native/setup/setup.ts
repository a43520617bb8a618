/** @file Makes the native backend usable, or undoes that. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FastpathError } from '../../../../shared/errors.ts';
import { compileAddons } from './addons.ts';
import { compileBinding } from './binding.ts';
import { compilerVersion, type Outcome } from './compile.ts';
import type { GradientReport } from './gradient.ts';
import type { NativeLayout } from './layout.ts';
import { downloadOfficial, officialAddress, officialVersion } from './official.ts';
import { type InstalledPackage, installPackage, linkBinding, removePackages } from './package.ts';
import { type Flavour, packageNames, packageVersion, wheelFor } from './pins.ts';
import { readRecord, type SetupRecord, stillServes, writeRecord } from './record.ts';
import { verify } from './verify.ts';
import { fetchWheel } from './wheel.ts';

/** A place TensorFlow can be had from. */
export interface Source {
  record: SetupRecord;
  /** Fills the folder; the second one is for what is only needed meanwhile. */
  fetch(folder: string, scratch: string): Promise<void>;
}

interface Built {
  record: SetupRecord;
  addons: Outcome;
  report: GradientReport;
}

/**
 * Sets native TensorFlow up, or checks that it is.
 * @param say takes a line about what is going on
 * @param processor that our own code is compiled for, as g++ names it
 * @returns one line that says what is used
 * @throws FastpathError `native.…` with one line that says what to do
 */
export async function setUpNative(
  layout: NativeLayout,
  flavour: Flavour,
  say: (line: string) => void,
  processor = 'native',
): Promise<string> {
  const pin = wheelFor(flavour, process.platform, process.arch);
  await compilerVersion();
  const installed = await installPackage(layout, flavour);
  const record = await readRecord(layout);
  if (record && stillServes(record, flavour, pin.version) && existsSync(layout.tensorflow)) {
    return summary(await build(layout, record, installed, processor), [], true);
  }

  const sources: Source[] = [];
  const version = officialVersion(installed.folder);
  const address = officialAddress(flavour, process.arch, version, process.env);
  if (address !== undefined) {
    const label = 'official download';
    sources.push({
      record: { flavour, source: 'official', version, label },
      fetch: (folder) => {
        say(`Trying the official download of TensorFlow ${version} …`);
        return downloadOfficial(address, folder);
      },
    });
  }
  sources.push({
    record: { flavour, source: 'wheel', version: pin.version, label: `wheel ${pin.name}` },
    fetch: (folder, scratch) => fetchWheel(pin, folder, scratch, say),
  });
  const reasons: string[] = [];
  const built = await firstThatWorks(sources, reasons, async (source) => {
    await obtain(layout, source);
    say('Compiling and checking …');
    return build(layout, source.record, installed, processor);
  });
  await writeRecord(layout, built.record);
  return summary(built, reasons, false);
}

/** Takes everything away that {@link setUpNative} brought. */
export async function removeNative(layout: NativeLayout): Promise<string> {
  const there = existsSync(layout.home);
  await removePackages(layout);
  await rm(layout.home, { recursive: true, force: true });
  return there ? 'Native TensorFlow is removed' : 'Native TensorFlow was not set up';
}

/**
 * Tries each in turn until one succeeds.
 * @param reasons gets why those before it did not
 * @throws FastpathError that says why none did, the last one first and with its code
 */
export async function firstThatWorks<T, R>(
  choices: readonly T[],
  reasons: string[],
  attempt: (choice: T) => Promise<R>,
): Promise<R> {
  for (const [index, choice] of choices.entries()) {
    try {
      return await attempt(choice);
    } catch (error) {
      if (!(error instanceof FastpathError)) throw error;
      if (index === choices.length - 1) {
        const message = [error.message, ...reasons].join('; ');
        throw new FastpathError(error.code, message, { cause: error, retry: error.retry });
      }
      reasons.push(error.message);
    }
  }
  throw new FastpathError('native.no-source', 'there is no source of TensorFlow for this machine');
}

/** One line: what is used, from where, and why not from elsewhere. */
export function summary({ record, addons, report }: Built, reasons: readonly string[], already: boolean): string {
  const device = record.flavour === 'cpu' ? 'CPU' : report.gpu ? 'GPU' : 'CPU, for it sees no GPU';
  const what = `${packageNames[record.flavour]} ${packageVersion} with TensorFlow ${report.tensorflow} on the ${device}`;
  const from = already ? `already there, ${record.label}` : record.label;
  const ours = addons === 'nothing to compile' ? '' : `; training kernels and image decoder ${addons}`;
  const why = reasons.map((reason) => `; ${reason}`).join('');
  return `Native backend ready: ${what} (${from}${why})${ours}`;
}

/** Fetches into folders of another name, so that what is half there is never taken for whole. */
async function obtain(layout: NativeLayout, source: Source): Promise<void> {
  const scratch = join(layout.home, 'download');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    const folder = join(scratch, 'tensorflow');
    await source.fetch(folder, scratch);
    await rm(layout.record, { force: true });
    await rm(layout.tensorflow, { recursive: true, force: true });
    await rename(folder, layout.tensorflow);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function build(
  layout: NativeLayout,
  record: SetupRecord,
  installed: InstalledPackage,
  processor: string,
): Promise<Built> {
  await compileBinding(layout, installed.folder, installed.napiVersion);
  await linkBinding(layout, installed);
  const addons = await compileAddons(layout, processor);
  const report = await verify(layout, record.flavour);
  if (record.flavour === 'gpu' && record.source === 'official' && !report.gpu) {
    throw new FastpathError('native.verify', `the official TensorFlow ${record.version} does not use a GPU here`);
  }
  return { record, addons, report };
}
