/** @file From an order to the specs of its searches, with all that can be wrong without looking at an image. */
import type { EstimateRequest } from '../../../shared/contract/api/orders.ts';
import type { SearchSpec } from '../../../shared/contract/job-spec.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { unknownHardware } from '../../../shared/latency/nearest-ids.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { parseSpace } from '../../../shared/space/parse.ts';
import { searchPrefixOf, supernetKey } from '../../../shared/store/search-keys.ts';
import { type DataSetRow, dataLocation } from '../datasets/data-set-view.ts';
import { findDataSet } from '../datasets/find-data-set.ts';
import { buildSearchSpec } from '../search-spec/build.ts';
import { findSearch } from '../searches/find.ts';
import type { OrderDeps } from './deps.ts';

export interface OrderPlan {
  dataSet: DataSetRow;
  /** one a search */
  specs: SearchSpec[];
}

/**
 * @throws FastpathError `data-set.unknown`, `order.data-set`, `order.targets`, `order.warm-start`,
 * `latency.unknown-hardware`, and what `buildSearchSpec` throws
 */
export async function planOrder(deps: OrderDeps, tenantId: string, request: EstimateRequest): Promise<OrderPlan> {
  checkTargets(request);
  const dataSet = await verifiedDataSet(deps, tenantId, request.dataSetId);
  const space = typeof request.space === 'string' ? findSpace(request.space) : parseSpace(request.space);
  const warmStart =
    request.warmStartFrom === undefined
      ? undefined
      : await warmStartKey(deps, tenantId, request.warmStartFrom, dataSet.id);
  const constraints = await Promise.all(
    request.targets.map(async ({ hardware, budgetMs }) => ({
      model: await findModel(deps, tenantId, hardware),
      budgetMs,
    })),
  );
  const groups = request.mode === 'joint' ? [constraints] : constraints.map((constraint) => [constraint]);
  const specs = groups.map((group) =>
    buildSearchSpec({
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
      seed: request.seed,
      schedule: request.schedule ?? {},
      training: request.training,
      warmStart,
      exports: request.exports,
    }),
  );
  return { dataSet, specs };
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
  );
}

/** The supernet's weights of an earlier search; that its space holds this one's is for the worker to see. */
async function warmStartKey({ db }: OrderDeps, tenantId: string, searchId: string, dataSetId: string): Promise<string> {
  const search = await findSearch({ db }, tenantId, searchId);
  const order = await db.query.orders.findFirst({ where: (row, { eq }) => eq(row.id, search.orderId) });
  if (search.state !== 'succeeded' || order?.dataSetId !== dataSetId) {
    const message = `search ${searchId} ${search.state === 'succeeded' ? 'was on another data set' : `is ${search.state}`}: start from one that succeeded on the same data set`;
    throw new FastpathError('order.warm-start', message);
  }
  return supernetKey(searchPrefixOf(tenantId, searchId));
}
