/** @file Finds the compiled code that decodes images by TensorFlow, and loads it into a thread. */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import { projectRoot } from '../../project-root.ts';

/** What `images/addon.cc` exports. */
export interface ImageAddon {
  /**
   * Decodes a window of a JPEG and resizes a box in it to `side` × `side` pixels, in a thread of libuv's. Rejects where
   * TensorFlow cannot decode it.
   * @param bytes not to be changed meanwhile, as `out`
   * @param numbers ratio; top, left, height, width of the window in pixels of the image made `ratio` times smaller; top,
   *   left, height, width of the box in pixels of the window; side
   * @param out RGB, side · side · 3 bytes
   */
  decodeCrop(bytes: Uint8Array, numbers: Float64Array, out: Uint8Array): Promise<void>;

  /**
   * Normalises an image of `side` × `side` pixels, mirrored where `flip` says so, as `data/normalise.ts` does.
   * @param out side · side · 3 numbers
   * @param colours see `Colours`
   */
  normalise(out: Float32Array, pixels: Uint8Array, side: number, flip: boolean, colours: Float64Array): void;
}

/** Where `npm run setup:native` puts it; null where it is not. */
export function imageAddonFile(): string | null {
  const file = join(projectRoot(), '.native/fastpath_images.node');
  return existsSync(file) ? file : null;
}

/** Loads it, in as many threads as there are. @throws FastpathError `backend.images` */
export function loadImageAddon(file: string): ImageAddon {
  const module = { exports: {} };
  try {
    process.dlopen(module, file, constants.dlopen.RTLD_NOW);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const message = `the image decoder ${file} cannot be loaded (${reason}); run: npm run setup:native`;
    throw new FastpathError('backend.images', message, { cause: error });
  }
  return module.exports as ImageAddon;
}
