/** @file From an order to the specs of its searches, with all that can be wrong without looking at an image. */
import { z } from 'zod';
import type { EstimateRequest } from '../../../shared/contract/api/orders.ts';
import type { SearchSpec, WarmUpSpec } from '../../../shared/contract/job-spec.ts';
import { searchSpecSchema, warmUpSpecSchema } from '../../../shared/contract/job-spec.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { unknownHardware } from '../../../shared/latency/nearest-ids.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { parseSpace } from '../../../shared/space/parse.ts';
import { searchPrefixOf, specKey, supernetKey } from '../../../shared/store/search-keys.ts';
import { type DataSetRow, dataLocation } from '../datasets/data-set-view.ts';
import { findDataSet } from '../datasets/find-data-set.ts';
import { buildSearchSpec } from '../search-spec/build.ts';
import { findSearch } from '../searches/find.ts';
import type { OrderDeps } from './deps.ts';

export interface OrderPlan {
  dataSet: DataSetRow;
  /** one a search; they differ in constraints and seed only */
  specs: SearchSpec[];
  /** what several searches begin with; null: each does all by itself */
  warmUp: WarmUpSpec | null;
}

/**
 * @throws FastpathError `data-set.unknown`, `order.data-set`, `order.targets`, `order.seeds`, `order.warm-start`,
 * `latency.unknown-hardware`, and what `buildSearchSpec` throws
 */
export async function planOrder(deps: OrderDeps, tenantId: string, request: EstimateRequest): Promise<OrderPlan> {
  checkTargets(request);
  const seeds = seedsOf(request);
  const dataSet = await verifiedDataSet(deps, tenantId, request.dataSetId);
  const space = typeof request.space === 'string' ? findSpace(request.space) : parseSpace(request.space);
  const warmStart =
    request.warmStartFrom === undefined
      ? undefined
      : await warmStartOf(deps, tenantId, request.warmStartFrom, dataSet.id);
  const constraints = await Promise.all(
    request.targets.map(async ({ hardware, budgetMs }) => ({
      model: await findModel(deps, tenantId, hardware),
      budgetMs,
    })),
  );
  const groups = request.mode === 'joint' ? [constraints] : constraints.map((constraint) => [constraint]);
  const specs = groups.flatMap((group) => {
    const spec = buildSearchSpec({
      data: dataLocation(dataSet),
      space,
      constraints: group,
      resolution: request.resolution,
      widthMultiplier: request.widthMultiplier,
      exclude: request.exclude,
      maxParameters: request.maxParameters,
      maxMacs: request.maxMacs,
      maxPeakActivationBytes: request.maxPeakActivationBytes,
      method: request.method,
      latencyLoss: request.latencyLoss,
      seed: seeds[0],
      schedule: request.schedule ?? {},
      training: request.training,
      warmStart,
      exports: request.exports,
      pricePerHourUsd: deps.price.pricePerHourUsd,
    });
    return seeds.map((seed) => ({ ...spec, seed }));
  });
  return { dataSet, specs, warmUp: sharedWarmUp(specs) };
}

/** With a warm start there is nothing left to warm up. */
function sharedWarmUp([first, ...others]: readonly SearchSpec[]): WarmUpSpec | null {
  if (others.length === 0 || first!.warmStart || first!.schedule.warmupEpochs === 0) return null;
  const { data, space, widthMultiplier, resolution, seed, maxPeakActivationBytes, exclude, schedule } = first!;
  return warmUpSpecSchema.parse({
    format: 'fastpath.warm-up-spec/1',
    ...{ data, space, widthMultiplier, resolution, seed, maxPeakActivationBytes, exclude, schedule },
  } satisfies WarmUpSpec);
}

function seedsOf({ seed, seeds }: EstimateRequest): number[] {
  if (seeds === undefined) return [seed ?? 0];
  if (seed !== undefined) throw new FastpathError('order.seeds', 'request: give seed or seeds, not both');
  const twice = seeds.find((one, i) => seeds.indexOf(one) !== i);
  if (twice === undefined) return seeds;
  throw new FastpathError('order.seeds', `request: seeds name ${twice} twice: name it once`);
}

function checkTargets({ targets, mode }: EstimateRequest): void {
  const names = targets.map(({ hardware, budgetMs }) =>
    mode === 'joint' ? hardware : `${hardware} at ${budgetMs} ms`,
  );
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new FastpathError('order.targets', `request: targets name ${twice} twice: name it once`);
}

async function verifiedDataSet({ db }: OrderDeps, tenantId: string, id: string): Promise<DataSetRow> {
  const row = await findDataSet({ db }, tenantId, id);
  if (row.state === 'verified') return row;
  throw new FastpathError('order.data-set', `data set ${id} is ${row.state}: orders need one that is verified`);
}

async function findModel({ models }: OrderDeps, tenantId: string, id: string): Promise<LatencyModelData> {
  const served = await models.find(id, { tenant: tenantId });
  if (served !== null) return served.model.data;
  const known = await models.list({ tenant: tenantId });
  throw unknownHardware(
    id,
    known.map(({ hardware }) => hardware.id),
    'GET /v1/hardware',
  );
}

const { seed, warmUp, warmStart } = searchSpecSchema.shape;
const weightsSchema = z.object({ seed, warmUp, warmStart });

/**
 * The supernet's weights of an earlier search, or those that it started from itself; that their space holds this one's is
 * for the worker to see.
 */
async function warmStartOf(
  { db, store }: OrderDeps,
  tenantId: string,
  searchId: string,
  dataSetId: string,
): Promise<NonNullable<SearchSpec['warmStart']>> {
  const search = await findSearch({ db }, tenantId, searchId);
  const order = await db.query.orders.findFirst({ where: (row, { eq }) => eq(row.id, search.orderId) });
  if (search.kind !== 'search' || search.state !== 'succeeded' || order?.dataSetId !== dataSetId) {
    const why =
      search.kind !== 'search'
        ? 'is a warm-up'
        : search.state === 'succeeded'
          ? 'was on another data set'
          : `is ${search.state}`;
    const message = `search ${searchId} ${why}: start from one that succeeded on the same data set`;
    throw new FastpathError('order.warm-start', message);
  }
  const prefix = searchPrefixOf(tenantId, searchId);
  const spec = await store.get(specKey(prefix));
  const read = weightsSchema.safeParse(spec === null ? null : JSON.parse(Buffer.from(spec.bytes).toString()));
  if (!read.success) {
    const message = `search ${searchId} has left no spec that is known here: start from another one, or from none`;
    throw new FastpathError('order.warm-start', message);
  }
  const earlier = read.data;
  return earlier.warmStart ?? { key: supernetKey(prefix), seed: (earlier.warmUp ?? earlier).seed };
}
