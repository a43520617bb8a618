/** @file Compiles our own native code for one kind of processor: training kernels, and what decodes images. */
import { join } from 'node:path';
import { apiLibrary } from './binding.ts';
import { compile, type Outcome } from './compile.ts';
import type { NativeLayout } from './layout.ts';

const flags = ['-std=c++17', '-O3', '-fno-math-errno', '-fPIC', '-pthread'] as const;

/**
 * Makes `.native/fastpath_kernels.node` and `.native/fastpath_images.node` where their sources, the compiler or
 * TensorFlow have changed.
 * @param processor what g++ takes for `-march`: `native`, this machine's, or a level such as `x86-64-v3`
 * @returns what was done; `up to date` where both were
 * @throws FastpathError `native.compile`, `native.no-compiler`
 */
export async function compileAddons(layout: NativeLayout, processor: string): Promise<Outcome> {
  const kernels = await compileAddon(
    layout,
    'kernels',
    layout.kernels,
    [`-march=${processor}`, '-ffp-contract=fast'],
    [],
  );
  // Every processor makes the same pixels. The thread that loaded it may end; its TensorFlow has to stay.
  const api = [`-l:${apiLibrary(layout)}`, '-Wl,-z,nodelete'];
  const images = await compileAddon(
    layout,
    'images',
    layout.imageAddon,
    [`-march=${processor}`, '-ffp-contract=off'],
    api,
  );
  return kernels === 'up to date' ? images : kernels;
}

function compileAddon(
  layout: NativeLayout,
  folder: string,
  output: string,
  moreFlags: readonly string[],
  link: readonly string[],
): Promise<Outcome> {
  const lib = join(layout.tensorflow, 'lib');
  return compile({
    sources: join(layout.root, 'batch/backend/native', folder),
    output,
    flags: [...flags, ...moreFlags],
    includes: [join(layout.tensorflow, 'include'), layout.nodeHeaders],
    link: [`-L${lib}`, ...link, '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/tensorflow/lib'],
    against: join(lib, 'libtensorflow_framework.so.2'),
  });
}
