/** @file Compiles the npm package's own N-API binding against the TensorFlow that is in `.native`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compile, type Outcome } from './compile.ts';
import type { NativeLayout } from './layout.ts';

/** The library with TensorFlow's C interface: a wheel's has the C++ interface too. */
export function apiLibrary({ tensorflow }: NativeLayout): string {
  return ['libtensorflow_cc.so.2', 'libtensorflow.so.2'].find((name) => existsSync(join(tensorflow, 'lib', name)))!;
}

/**
 * Makes `.native/tfjs_binding.node`.
 * @param packageFolder where the npm package lies, with the binding's sources
 * @throws FastpathError `native.compile`, `native.no-compiler`
 */
export function compileBinding(layout: NativeLayout, packageFolder: string, napiVersion: number): Promise<Outcome> {
  const lib = join(layout.tensorflow, 'lib');
  const library = apiLibrary(layout);
  return compile({
    sources: join(packageFolder, 'binding'),
    output: layout.binding,
    flags: ['-std=c++17', '-O2', '-fPIC', `-DNAPI_VERSION=${napiVersion}`],
    includes: [join(layout.tensorflow, 'include'), layout.nodeHeaders],
    link: [`-L${lib}`, `-l:${library}`, '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/tensorflow/lib'],
    against: join(lib, library),
  });
}
