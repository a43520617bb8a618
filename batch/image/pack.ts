/**
 * @file `npm run image:pack -- FOLDER [--gpu|--cpu]`: everything the worker needs to run, and nothing else: its code, the
 * packages that could not be bundled, and native TensorFlow where `setup:native` brought it. batch/Dockerfile copies the
 * folder into the image; it runs the same without one.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { copyPackages } from '../../shared/copy-packages.ts';
import { FastpathError } from '../../shared/errors.ts';
import { packageNames } from '../backend/native/setup/pins.ts';

const root = join(import.meta.dirname, '../..');
/** With compiled parts, or shared with a package that has some. */
const unbundled = [
  'sharp',
  'onnxruntime-node',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
];
/** Of NVIDIA's wheels, what no program loads. */
const needless = /^(include|share|doc|__pycache__|.*\.dist-info|.*\.a|.*\.h)$/;

export type Native = 'gpu' | 'cpu' | 'none';

/**
 * Makes the folder anew.
 * @throws FastpathError `image.not-built`, `image.not-set-up`, `build.package-missing`
 */
export async function packImage(folder: string, native: Native): Promise<void> {
  const kernels = join(root, '.dist/batch/backend/kernels.wasm');
  if (!existsSync(kernels))
    throw new FastpathError('image.not-built', `${kernels} is missing: run npm run build:kernels`);
  await rm(folder, { recursive: true, force: true });
  await bundle(join(folder, '.dist'));
  await cp(kernels, join(folder, '.dist/batch/backend/kernels.wasm'));
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ name: 'fastpath-worker', type: 'module' })}\n`);
  await copyPackages(root, native === 'none' ? unbundled : [...unbundled, packageNames[native]], folder);
  // It brings the libraries of every system along.
  for (const other of ['darwin', 'win32', 'linux'].filter((name) => name !== process.platform)) {
    const libraries = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6', other);
    await rm(libraries, { recursive: true, force: true });
  }
  if (native !== 'none') await copyNative(join(folder, '.native'), native);
}

async function bundle(outdir: string): Promise<void> {
  await build({
    entryPoints: ['batch/worker.ts', 'batch/data/loader-thread.ts'].map((path) => join(root, path)),
    outbase: root,
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['sharp', 'onnxruntime-node', '@tensorflow/*'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

async function copyNative(target: string, native: 'gpu' | 'cpu'): Promise<void> {
  const home = join(root, '.native');
  const names = [
    'tensorflow/lib',
    'tensorflow/nvidia',
    'tfjs_binding.node',
    'fastpath_kernels.node',
    'fastpath_images.node',
  ];
  if (!existsSync(join(home, 'tfjs_binding.node'))) {
    const say = native === 'gpu' ? 'npm run setup:native -- --gpu' : 'npm run setup:native';
    throw new FastpathError('image.not-set-up', `there is no native TensorFlow to pack: run ${say}`);
  }
  await mkdir(target, { recursive: true });
  for (const name of names) {
    if (!existsSync(join(home, name))) continue;
    const filter = (path: string) =>
      !relative(home, path)
        .split(sep)
        .some((part) => needless.test(part));
    await cp(join(home, name), join(target, name), { recursive: true, filter, verbatimSymlinks: true });
  }
}

if (import.meta.filename === process.argv[1]) {
  try {
    const options = { gpu: { type: 'boolean' }, cpu: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [folder] = positionals;
    if (folder === undefined)
      throw new FastpathError('image.folder', `usage: ${basename(import.meta.filename)} FOLDER [--gpu|--cpu]`);
    await packImage(folder, values.gpu ? 'gpu' : values.cpu ? 'cpu' : 'none');
    console.log(`packed into ${folder}`);
  } catch (error) {
    if (!(error instanceof FastpathError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
