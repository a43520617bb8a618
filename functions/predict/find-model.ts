/** @file A hardware's model among those that a caller may see. */
import { nearest } from './nearest.ts';
import type { Caller, ModelSource, ServedModel } from './ports.ts';
import { ProblemError } from './problem.ts';

/** @throws ProblemError `latency.unknown-hardware`, with the ids that come near */
export async function findModel(models: ModelSource, id: string, caller: Caller): Promise<ServedModel> {
  const served = await models.find(id, caller);
  if (served !== null) return served;
  const known = (await models.list(caller)).map(({ hardware }) => hardware.id);
  const near = nearest(id, known);
  const hint = near.length === 0 ? '' : `did you mean ${near.join(' or ')}? `;
  throw new ProblemError(
    'latency.unknown-hardware',
    `no latency is known for hardware "${id}": ${hint}GET /v1/hardware lists all there are`,
    { hardware: id, nearest: near },
  );
}
