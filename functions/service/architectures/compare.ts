/** @file Networks of a tenant's searches, and any others, side by side. */

import { blocksProblem, resolutionFitProblem } from '../../../shared/architecture/fit.ts';
import { architectureId } from '../../../shared/architecture/identity.ts';
import { baselinesFor } from '../../../shared/comparison/baselines.ts';
import { type ComparedNetwork, compareNetworks } from '../../../shared/comparison/compare.ts';
import { foundAccuracy } from '../../../shared/comparison/found-accuracy.ts';
import type { ComparisonAnswer, ComparisonRequest } from '../../../shared/contract/api/comparisons.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { Db } from '../../../shared/db/db.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { comparisonSvg } from '../../../shared/picture/comparison-svg.ts';
import { findModel } from '../../predict/find-model.ts';
import type { ModelSource } from '../../predict/ports.ts';
import { findRow, type Row } from './read.ts';

interface CompareDeps {
  db: Db;
  models: ModelSource;
}

/**
 * @throws FastpathError `architecture.missing`, `request.invalid`, `latency.unknown-hardware`
 */
export async function compareArchitectures(
  { db, models }: CompareDeps,
  tenantId: string,
  { ids, architectures, hardware, baselines, picture }: ComparisonRequest,
): Promise<ComparisonAnswer> {
  const others = architectures.map(fitting);
  const found = await Promise.all(ids.map(async (id) => networkOf(await findRow(db, tenantId, id))));
  const served = await Promise.all([...new Set(hardware)].map((id) => findModel(models, id, { tenant: tenantId })));
  const given = [...found, ...others];
  const comparison = compareNetworks(
    [...given, ...(baselines ? baselinesFor(given[0]!.architecture) : [])],
    served.map(({ model }) => model),
  );
  const title = given.length === 1 ? 'One network compared' : `${given.length} networks compared`;
  return { ...comparison, picture: picture ? comparisonSvg(comparison, title) : null };
}

function fitting(architecture: Architecture, i: number): ComparedNetwork {
  const problem = blocksProblem(architecture) ?? resolutionFitProblem(architecture);
  if (problem !== null) throw new FastpathError('request.invalid', `request: architecture ${i + 1}: ${problem}`);
  return { name: architectureId(architecture), architecture, accuracy: null, baseline: false };
}

function networkOf({ id, body, role, metrics }: Row): ComparedNetwork {
  return { name: id, architecture: body, accuracy: foundAccuracy(role, metrics), baseline: false };
}
