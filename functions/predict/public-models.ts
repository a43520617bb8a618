/** @file The models that ship as a model source: the same public ones for every caller. */
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import type { ModelSource, ServedModel } from './ports.ts';

export function publicModels(models: readonly LatencyModelData[]): ModelSource {
  const compiled = new Map<string, ServedModel>();
  const byId = new Map(models.map((data) => [data.hardware.id, data]));
  const listed = models.map(({ hardware, version }) => ({ hardware, modelVersion: version, scope: 'public' as const }));
  return {
    list: () => listed,
    // Compiled when first asked for: an instance at the edge starts faster, and may only ever see one device.
    find: (id) => {
      const data = byId.get(id);
      if (data === undefined) return null;
      const served = compiled.get(id) ?? { model: new FittedLatencyModel(data), audience: 'public' };
      compiled.set(id, served);
      return served;
    },
  };
}

/** For services open to all. */
export const anyone = () => ({ tenant: 'public' });

/** For services that charge nothing. */
export const unmetered = () => {};
