/** @file `fastpath dataset pack SOURCE TARGET`: images in class folders, or shards, to shards with an index. */
import { openDataSet } from '../../../shared/data/open-data.ts';
import { emptyClasses } from '../../../shared/data/pack/empty-classes.ts';
import { type Packed, packDataSet } from '../../../shared/data/pack/pack-data-set.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { bytes } from '../../../shared/format.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { openStore } from '../../../shared/store/open.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { diskFault } from '../dataset/disk-fault.ts';
import { TransferProgress } from '../dataset/transfer-progress.ts';
import { cacheDirectory } from '../home.ts';
import { interruptedExitCode, onStopSignal } from '../signals.ts';

export interface PackFlags {
  shardMb: number;
  seed: number;
  json?: boolean;
}

const namesShown = 5;

/** The exit code. */
export async function packCommand(
  sourceUri: string,
  targetUri: string,
  { shardMb, seed, json = false }: PackFlags,
  console: Console,
): Promise<number> {
  const target = await openStore(targetUri);
  const source = await openDataSet(sourceUri, { cacheDirectory: cacheDirectory() }).catch((error: unknown) => {
    throw diskFault(error, sourceUri);
  });
  if (target.uri === source.uri) {
    throw new FastpathError('pack.target', `${source.uri} is the source, too: choose another target.`);
  }
  const empty = await emptyClasses(source);
  const progress = new TransferProgress(console, json);
  const stop = new AbortController();
  const signals = onStopSignal((times) => {
    if (times > 1) process.exit(interruptedExitCode);
    stop.abort();
  });
  try {
    const packed = await packDataSet(source, target, {
      seed,
      shardBytes: shardMb * 1e6,
      signal: stop.signal,
      onProgress: (done) =>
        progress.show(done, `${done.images} of ${done.ofImages} images, shard ${done.shards} of ${done.ofShards}`),
    });
    progress.clear();
    report(packed, target, empty, json, console);
    return 0;
  } catch (error) {
    progress.clear();
    if (!stop.signal.aborted || error !== stop.signal.reason) throw diskFault(error, target.uri);
    writeLine(console.err, 'stopped: the same command goes on');
    return interruptedExitCode;
  } finally {
    signals.release();
  }
}

function report(
  { index, shardsWritten }: Packed,
  target: ObjectStore,
  empty: string[],
  json: boolean,
  console: Console,
) {
  const { classes, shards, leftOut } = index;
  const sum = (split: 'train' | 'val') => classes.reduce((all, each) => all + each[split], 0);
  const [train, val] = [sum('train'), sum('val')];
  const packedBytes = shards.reduce((all, shard) => all + shard.bytes, 0);
  if (json) {
    const counts = { classes: classes.length, train, val, shards: shards.length, shardsWritten, bytes: packedBytes };
    writeJson(console, { type: 'result', target: target.uri, ...counts, leftOut, emptyClasses: empty });
    return;
  }
  const line = (text: string) => writeLine(console.out, text);
  line(`${target.uri}: ${train} training and ${val} held-out images of ${classes.length} classes`);
  line(`  ${shards.length} shards, ${bytes(packedBytes)}, ${shardsWritten} of them written now`);
  if (leftOut.length > 0) {
    line(`  left out because they cannot be decoded: ${leftOut.length}`);
    for (const { name, reason } of leftOut.slice(0, namesShown)) line(`    ${name} (${reason})`);
    if (leftOut.length > namesShown) line(`    … and ${leftOut.length - namesShown} more, named in index.json`);
  }
  if (empty.length > 0) line(`  no classes because they hold no image: ${empty.join(', ')}`);
  const lost = classes.filter((each) => each.train === 0).map(({ name }) => name);
  if (lost.length > 0) line(`  warning: no training image of ${lost.join(', ')} can be decoded`);
}
