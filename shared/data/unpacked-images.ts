/** @file A file that the encoded images of a packed shard are copied to, so that they can be read by ranges. */
import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { FastpathError } from '../errors.ts';

/** A file that encoded images are appended to, until it is whole and takes its final name. */
export class UnpackedImages {
  length = 0;
  private failure: Error | null = null;

  private constructor(
    private readonly path: string,
    private readonly file: WriteStream,
  ) {
    file.on('error', (error) => {
      this.failure = error;
    });
  }

  static async create(cacheDirectory: string): Promise<UnpackedImages> {
    const folder = join(cacheDirectory, 'unpacking');
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw cacheError(folder, error);
    }
    const path = join(folder, randomUUID());
    return new UnpackedImages(path, createWriteStream(path, { flags: 'wx', highWaterMark: 4 << 20 }));
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.failure !== null) throw cacheError(this.path, this.failure);
    this.length += bytes.length;
    if (this.file.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.file.off('drain', done);
        this.file.off('close', done);
        resolve();
      };
      this.file.on('drain', done);
      this.file.on('close', done);
    });
  }

  async moveTo(path: string): Promise<void> {
    try {
      this.file.end();
      await finished(this.file);
      await mkdir(dirname(path), { recursive: true });
      await rename(this.path, path);
    } catch (error) {
      throw cacheError(path, error);
    }
  }

  /** Removes the file unless it was moved. */
  async discard(): Promise<void> {
    this.file.destroy();
    await rm(this.path, { force: true });
  }
}

export function cacheError(path: string, cause: unknown): FastpathError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FastpathError(
    'data.cache',
    `Could not write the image cache at ${path} (${reason}): free space there or choose another cache directory.`,
    { cause },
  );
}
