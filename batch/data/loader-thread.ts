/**
 * @file Entry of the thread that reads images for a job: it opens the data set, keeps the decoded pixels, and hands
 * over finished batches without copying them. See `Feed` for the other side.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { DataSet, DataSetFacts } from '../../shared/data/data-set.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { loadImageAddon } from '../backend/native/image-addon.ts';
import { BatchMaker, type Decoding } from './batch-maker.ts';
import { type FeedReply, type FeedRequest, type FeedStart, sentError } from './feed-messages.ts';
import { defaultCacheBytes, PixelCache } from './pixel-cache.ts';

const port = parentPort!;
const makers = new Map<number, BatchMaker>();

function reply(message: FeedReply, transferred: ArrayBuffer[] = []): void {
  port.postMessage(message, transferred);
}

function factsOf({ uri, kind, classes, labels, train, val, fingerprint }: DataSet): DataSetFacts {
  return { uri, kind, classes, labels, train, val, fingerprint };
}

async function answer(dataSet: DataSet, decoding: Decoding, request: FeedRequest): Promise<void> {
  const { kind, loader } = request;
  if (kind === 'open') {
    makers.set(loader, new BatchMaker(dataSet, request.options, decoding));
    return;
  }
  if (kind === 'recycle') {
    makers.get(loader)?.recycle(request.images);
    return;
  }
  const { call } = request;
  try {
    const maker = makers.get(loader)!;
    if (kind === 'make') {
      const value = await maker.make(request.position);
      reply({ call, value }, [value.images.buffer as ArrayBuffer, value.labels.buffer as ArrayBuffer]);
      return;
    }
    await maker.close();
    makers.delete(loader);
    reply({ call, value: null });
  } catch (error) {
    reply({ call, error: sentError(error) });
  }
}

const { uri, options, imageAddon } = workerData as FeedStart;
try {
  const decoding = {
    cache: new PixelCache(defaultCacheBytes),
    imageAddon: imageAddon === null ? null : loadImageAddon(imageAddon),
  };
  const dataSet = await openDataSet(uri, options);
  port.on('message', (request: FeedRequest) => answer(dataSet, decoding, request));
  reply({ call: 0, value: factsOf(dataSet) });
} catch (error) {
  reply({ call: 0, error: sentError(error) });
}
