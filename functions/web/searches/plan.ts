/** @file The choice blocks of a search, from its spec in the store. */
import { z } from 'zod';
import { searchSpecSchema } from '../../../shared/contract/job-spec.ts';
import { convolutionClass, expansionsOf } from '../../../shared/picture/candidate-colour.ts';
import type { DrawnBlock } from '../../../shared/picture/live/charts.js';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { blockName, candidateLabel } from '../../../shared/space/path.ts';
import type { SupernetPlan } from '../../../shared/space/plan.ts';
import { excludeCandidates } from '../../../shared/space/restrict.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { specKey } from '../../../shared/store/search-keys.ts';

const { space, resolution, widthMultiplier, exclude, maxPeakActivationBytes } = searchSpecSchema.shape;
/** The latency models that make a spec long are not looked at. */
const planSchema = z.object({ space, resolution, widthMultiplier, exclude, maxPeakActivationBytes });

/** What the search trains; null where there is no such spec any more. */
export async function readPlan(store: ObjectStore, prefix: string): Promise<SupernetPlan | null> {
  const object = await store.get(specKey(prefix));
  const read = planSchema.safeParse(object === null ? null : JSON.parse(Buffer.from(object.bytes).toString()));
  if (!read.success) return null;
  const { space, resolution, widthMultiplier, exclude, maxPeakActivationBytes } = read.data;
  // How many classes there are changes nothing of the choices.
  const plan = planSupernet(space, { resolution, classes: 2, widthMultiplier });
  return excludeCandidates(plan, {
    ops: exclude,
    ...(maxPeakActivationBytes === null ? {} : { maxPeakActivationBytes }),
  });
}

/** What drawings of the choices need to know of them. */
export function drawnBlocks(plan: SupernetPlan): DrawnBlock[] {
  const expansions = expansionsOf(plan.blocks.flatMap(({ candidates }) => candidates));
  return plan.blocks.map((block) => ({
    name: blockName(block),
    candidates: block.candidates.map((candidate) => ({
      name: candidateLabel(candidate),
      ...(candidate.op === 'zero'
        ? { colour: 'skipped-share', kernel: 0, expansion: 0 }
        : {
            colour: convolutionClass(candidate.kernel, candidate.expansion, expansions),
            kernel: candidate.kernel,
            expansion: candidate.expansion,
          }),
    })),
  }));
}
