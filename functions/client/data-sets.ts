/** @file `fastpath.dataSets`: registered images. */
import type { CreateDataSet, CreatedDataSet, DataSet } from '../../shared/contract/api/data-sets.ts';
import { FastpathError } from '../../shared/errors.ts';
import { answerOf, type Connection, calling, once, segment } from './connection.ts';
import type { CallOptions, CreateOptions } from './options.ts';
import { itemsOf } from './pages.ts';
import { pause } from './pause.ts';

/** A file to upload: `name` is its path within the data set, e.g. `train/cats/1.jpg` or `train-0000.tar`. */
export interface UploadFile {
  name: string;
  content: Blob;
}

export interface UploadOptions extends CreateOptions {
  /** told of each file that is there */
  onUploaded?(name: string): void;
}

const uploadsAtOnce = 4;
const firstLookMs = 250;
const longestLookMs = 5000;

export class DataSets {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** Newest first. */
  list(options: CallOptions = {}): AsyncGenerator<DataSet, void> {
    const { datasets } = this.connection.http.v1;
    return itemsOf((after) => answerOf(datasets.$get({ query: { after } }, calling(options))));
  }

  get(id: string, options: CallOptions = {}): Promise<DataSet> {
    return answerOf(this.connection.http.v1.datasets[':id'].$get({ param: { id: segment(id) } }, calling(options)));
  }

  /** Registers a directory of the server, a prefix of your bucket, or an upload that you send yourself. */
  create(dataSet: CreateDataSet, options: CreateOptions = {}): Promise<CreatedDataSet> {
    const { datasets } = this.connection.http.v1;
    return answerOf(datasets.$post({ json: dataSet, header: once(options) }, calling(options)));
  }

  /**
   * Registers files and uploads them, some at once. What is verified next is `verified`'s to wait for.
   * @throws ApiError; the data set is then still `pending`, and the same `idempotencyKey` goes on with it
   */
  async upload(name: string, files: Iterable<UploadFile>, options: UploadOptions = {}): Promise<DataSet> {
    const given = Array.from(files);
    const contents = new Map(given.map((file) => [file.name, file.content]));
    const announced = given.map((file) => ({ name: file.name, bytes: file.content.size }));
    const { id, uploads } = await this.create({ name, source: { type: 'upload', files: announced } }, options);
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    const waiting = uploads.values();
    const send = async () => {
      for (const { name: file, url } of waiting) {
        const put = { method: 'PUT', body: contents.get(file)!, signal };
        await (await this.connection.askSigned(url, put)).body?.cancel();
        options.onUploaded?.(file);
      }
    };
    const sending = Array.from({ length: uploadsAtOnce }, send);
    await Promise.all(sending).catch((error) => {
      failed.abort(error);
      throw error;
    });
    const completing = this.connection.http.v1.datasets[':id'].complete;
    return answerOf(completing.$post({ param: { id } }, calling(options)));
  }

  /**
   * Waits until the data set was verified, which is when orders may name it.
   * @throws FastpathError with the reason where it was refused
   */
  async verified(id: string, options: CallOptions = {}): Promise<DataSet> {
    for (let waitMs = firstLookMs; ; waitMs = Math.min(longestLookMs, 2 * waitMs)) {
      const dataSet = await this.get(id, options);
      if (dataSet.state === 'verified') return dataSet;
      if (dataSet.reason !== null) throw new FastpathError(dataSet.reason.code, dataSet.reason.message);
      await pause(waitMs, options.signal);
    }
  }

  /** With what was uploaded; your own bucket or directory is left alone. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.connection.http.v1.datasets[':id'].$delete({ param: { id: segment(id) } }, calling(options));
  }
}
