/** @file Compiles our training kernels, `batch/backend/native/kernels/*.cc`, for this machine's processor. */
import { join } from 'node:path';
import { compile, type Outcome } from './compile.ts';
import type { NativeLayout } from './layout.ts';

const flags = [
  '-std=c++17',
  '-O3',
  '-march=native',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fPIC',
  '-pthread',
] as const;

/**
 * Makes `.native/fastpath_kernels.node` where its sources, the compiler or TensorFlow have changed.
 * @throws FastpathError `native.compile`, `native.no-compiler`
 */
export function compileKernels(layout: NativeLayout): Promise<Outcome> {
  const library = join(layout.tensorflow, 'lib', 'libtensorflow_framework.so.2');
  return compile({
    sources: join(layout.root, 'batch/backend/native/kernels'),
    output: layout.kernels,
    flags,
    includes: [join(layout.tensorflow, 'include'), layout.nodeHeaders],
    link: [
      `-L${join(layout.tensorflow, 'lib')}`,
      '-l:libtensorflow_framework.so.2',
      '-Wl,-rpath,$ORIGIN/tensorflow/lib',
    ],
    against: library,
  });
}
