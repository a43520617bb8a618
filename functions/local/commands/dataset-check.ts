/** @file `fastpath dataset check LOCATION`: whether packed shards are those of their index, and can be decoded. */
import { checkShards } from '../../../shared/data/check-shards.ts';
import { bytes } from '../../../shared/format.ts';
import { openStore } from '../../../shared/store/open.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { diskFault } from '../dataset/disk-fault.ts';
import { TransferProgress } from '../dataset/transfer-progress.ts';
import { interruptedExitCode, onStopSignal } from '../signals.ts';

export interface CheckFlags {
  all?: boolean;
  json?: boolean;
}

/** The exit code: 1 where anything is wrong. */
export async function checkCommand(location: string, flags: CheckFlags, console: Console): Promise<number> {
  const { all = false, json = false } = flags;
  const store = await openStore(location);
  const progress = new TransferProgress(console, json);
  const stop = new AbortController();
  const signals = onStopSignal(() => stop.abort());
  try {
    const report = await checkShards(store, {
      everyImage: all,
      signal: stop.signal,
      onProgress: (done) => progress.show(done, `shard ${done.shards} of ${done.ofShards}`),
      onFault: (message) => {
        progress.clear();
        if (json) writeJson(console, { type: 'fault', message });
        else writeLine(console.out, `fault: ${message}`);
      },
    });
    progress.clear();
    if (json) writeJson(console, { type: 'result', location: store.uri, ...report });
    else {
      const { images, shards, imagesDecoded, faults } = report;
      const what = `${images} images in ${shards} shards, ${bytes(report.bytes)}; ${imagesDecoded} images decoded`;
      writeLine(console.out, `${store.uri}: ${what}; faults: ${faults}`);
    }
    return report.faults === 0 ? 0 : 1;
  } catch (error) {
    progress.clear();
    if (!stop.signal.aborted || error !== stop.signal.reason) throw diskFault(error, store.uri);
    return interruptedExitCode;
  } finally {
    signals.release();
  }
}
