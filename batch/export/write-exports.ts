/** @file The exports that a job was asked for, under `result/exports/`. */
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { ExportFormat } from '../../shared/contract/export-format.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { CardFacts } from '../../shared/export/model-card.ts';
import { resultKey } from '../../shared/store/search-keys.ts';
import type { ConvNet } from '../network/conv-net.ts';
import type { JobContext } from '../run/context.ts';
import { readWeights } from '../run/saved-state.ts';
import { Exporter } from './export-network.ts';
import type { ImageSource } from './images.ts';
import { exportImages, preprocessingFor } from './prepare.ts';
import { makeTogether } from './together.ts';

/** Images that each is compared on. */
const checkedImages = 128;

export interface ExportOrder {
  formats: readonly ExportFormat[];
  architecture: Architecture;
  network: ConvNet;
  images: ImageSource;
  facts: CardFacts;
}

/** An export that cannot be made is told in a note: the rest of the result is worth keeping without it. */
export async function writeExports(context: JobContext, order: ExportOrder): Promise<void> {
  const { formats, architecture, network, images, facts } = order;
  const { store, prefix, progress, stop, limit } = context;
  const warn = (message: string) =>
    progress.write({ type: 'note', step: progress.lastStep, level: 'warning', message });
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
    try {
      const { folder, files } = await made;
      for (const { name, bytes } of files) await store.put(resultKey(prefix, `exports/${folder}/${name}`), bytes);
    } catch (error) {
      if (!(error instanceof FastpathError) || error.retry) throw error;
      await warn(`no export ${form.format}: ${error.message}`);
    }
  }
}
