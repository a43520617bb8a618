/** @file The npm package with TensorFlow's backend for TensorFlow.js: installed beside what `npm ci` brought. */
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FastpathError } from '../../../../shared/errors.ts';
import { runCommand } from './command.ts';
import type { NativeLayout } from './layout.ts';
import { type Flavour, packageNames, packageVersion } from './pins.ts';

const manifestSchema = z.object({
  version: z.string(),
  binary: z.object({ napi_versions: z.array(z.number()) }),
});

export interface InstalledPackage {
  folder: string;
  /** The N-API version the package asks its binding for. */
  napiVersion: number;
}

// With --no-save the --save-dev writes nothing; it makes npm install what is declared as an optional peer. Scripts are
// ignored because the package's own would download and compile without telling why they fail.
const quietly = ['--no-save', '--save-dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Installs the package unless it is there.
 * @throws FastpathError `native.npm`
 */
export async function installPackage(layout: NativeLayout, flavour: Flavour): Promise<InstalledPackage> {
  const folder = packageFolder(layout, flavour);
  let manifest = await readManifest(folder);
  if (manifest?.version !== packageVersion) {
    await npm(layout, ['install', ...quietly, `${packageNames[flavour]}@${packageVersion}`]);
    manifest = await readManifest(folder);
  }
  if (manifest === undefined)
    throw new FastpathError('native.npm', `npm left no ${packageNames[flavour]} in ${folder}`);
  return { folder, napiVersion: newestNapi(manifest.binary.napi_versions, Number(process.versions.napi)) };
}

/** The newest of the package's N-API versions that this Node has: what the package looks for. */
export function newestNapi(offered: readonly number[], node: number): number {
  return Math.max(...offered.filter((version) => version <= node));
}

/** Puts a link to the compiled binding where the package looks for it. */
export async function linkBinding(layout: NativeLayout, { folder, napiVersion }: InstalledPackage): Promise<void> {
  const place = join(folder, `lib/napi-v${napiVersion}/tfjs_binding.node`);
  await mkdir(dirname(place), { recursive: true });
  await rm(place, { force: true });
  await symlink(layout.binding, place);
}

/** Uninstalls the packages of both flavours, with what came with them. */
export async function removePackages(layout: NativeLayout): Promise<void> {
  const flavours = Object.keys(packageNames) as Flavour[];
  const there = await Promise.all(flavours.map((flavour) => readManifest(packageFolder(layout, flavour))));
  const names = flavours.filter((_, index) => there[index]).map((flavour) => packageNames[flavour]);
  if (names.length > 0) await npm(layout, ['uninstall', ...quietly, ...names]);
}

const packageFolder = (layout: NativeLayout, flavour: Flavour) =>
  join(layout.root, 'node_modules', packageNames[flavour]);

async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema> | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : manifestSchema.parse(JSON.parse(text));
}

function npm(layout: NativeLayout, args: readonly string[]): Promise<string> {
  return runCommand('npm', args, { cwd: layout.root, code: 'native.npm', what: `npm ${args[0]}` });
}
