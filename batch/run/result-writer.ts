/** @file Writes files under the job's `result/`. */
import { architectureId } from '../../shared/architecture/identity.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { type ClassResults, classResultsSchema } from '../../shared/contract/class-results.ts';
import { confusionSvg, mostClassesDrawn } from '../../shared/picture/confusion-svg.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { JobContext } from './context.ts';
import { readWeights, type Trainable } from './saved-state.ts';

export interface ResultWriter {
  text(name: string, content: string): Promise<void>;
  json(name: string, value: unknown): Promise<void>;
  /** classes.json, and confusion.svg where there are few enough classes to be seen */
  classes(results: ClassResults): Promise<void>;
  /** weights.safetensors; its metadata names the architecture that the weights are of */
  weights(network: Trainable, architecture: Architecture): Promise<void>;
}

export function resultWriter({ store, prefix }: JobContext): ResultWriter {
  const put = async (name: string, bytes: Uint8Array) => {
    await store.put(`${prefix}/result/${name}`, bytes);
  };
  const text = (name: string, content: string) => put(name, Buffer.from(content));
  return {
    text,
    json: (name, value) => text(name, `${JSON.stringify(value, null, 2)}\n`),
    classes: async (results) => {
      await text('classes.json', `${JSON.stringify(classResultsSchema.parse(results))}\n`);
      if (results.classes.length <= mostClassesDrawn) await text('confusion.svg', confusionSvg(results));
    },
    weights: (network, architecture) => {
      const metadata = { architectureId: architectureId(architecture), format: 'fastpath.weights/1' };
      return put('weights.safetensors', encodeSafetensors(readWeights(network), metadata));
    },
  };
}
