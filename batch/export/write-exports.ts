/** @file The exports that a job was asked for, under `result/exports/`. */
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { ExportFormat } from '../../shared/contract/export-format.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { CardFacts } from '../../shared/export/model-card.ts';
import { resultKey } from '../../shared/store/search-keys.ts';
import type { ConvNet } from '../network/conv-net.ts';
import type { JobContext } from '../run/context.ts';
import { readWeights } from '../run/saved-state.ts';
import { Stopped } from '../run/stop.ts';
import type { ImageSource } from './images.ts';
import { exportImages, preprocessingFor } from './prepare.ts';
import { makeTogether } from './together.ts';

/** Images that each is compared on. */
const checkedImages = 256;

export interface ExportOrder {
  formats: readonly ExportFormat[];
  architecture: Architecture;
  network: ConvNet;
  images: ImageSource;
  facts: CardFacts;
}

/**
 * What cannot be made is told in a note: the rest of the result, which is finished, is worth keeping without it.
 * @throws Stopped, FastpathError only where another attempt may do better
 */
export async function writeExports(context: JobContext, order: ExportOrder): Promise<void> {
  const { formats, architecture, network, images, facts } = order;
  const { store, prefix, progress, stop, limit } = context;
  const warn = (message: string) =>
    progress.write({ type: 'note', step: progress.lastStep, level: 'warning', message });
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (error instanceof Stopped || (error instanceof FastpathError && error.retry)) throw error;
      await warn(`no ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  await attempt('exports', async () => {
    // Other runtimes come with it, which most jobs have no use for and some machines have not.
    const { Exporter } = await import('./export-network.ts');
    const { resolution } = architecture;
    const source = {
      architecture,
      network,
      tensors: readWeights(network),
      labels: images.dataSet.classes,
      preprocessing: preprocessingFor(resolution),
      facts,
    };
    const exporter = new Exporter(source, await exportImages(images, resolution, checkedImages, formats));
    const forms = formats.map((format) => ({ format, features: false, unfolded: false }));
    for await (const { form, made } of makeTogether(exporter, forms)) {
      stop.check();
      if (limit.isReached(0)) {
        await warn(`no compute is left for the export ${form.format}: fastpath export makes it from the weights`);
        continue;
      }
      await attempt(`export ${form.format}`, async () => {
        const { folder, files } = await made;
        for (const { name, bytes } of files) await store.put(resultKey(prefix, `exports/${folder}/${name}`), bytes);
      });
    }
  });
}
