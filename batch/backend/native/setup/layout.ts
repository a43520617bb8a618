/** @file Where native TensorFlow is kept: under `.native`, which outlives an `npm ci`. */
import { join } from 'node:path';

export interface NativeLayout {
  /** The repository. */
  root: string;
  /** Everything below is inside; removing it undoes the setup but for the npm package. */
  home: string;
  /** `include`, `lib`, TensorFlow's licence, and `nvidia` where a GPU is used. */
  tensorflow: string;
  /** What was set up, see `record.ts`. */
  record: string;
  /** The package's N-API binding, to which the package gets a link. */
  binding: string;
  /** Our training kernels. */
  kernels: string;
  /** Our code that decodes images. */
  imageAddon: string;
  /** N-API's header files: Node's own are not on every machine, so an npm package brings them. */
  nodeHeaders: string;
}

export function nativeLayout(root: string): NativeLayout {
  const home = join(root, '.native');
  return {
    root,
    home,
    tensorflow: join(home, 'tensorflow'),
    record: join(home, 'setup.json'),
    binding: join(home, 'tfjs_binding.node'),
    kernels: join(home, 'fastpath_kernels.node'),
    imageAddon: join(home, 'fastpath_images.node'),
    nodeHeaders: join(root, 'node_modules/node-api-headers/include'),
  };
}
