/** @file What an order would take, and what is possible on its devices, asked while its form is filled in. */
import {
  type EstimateRequest,
  estimateRequestSchema,
  type Estimate as OrderEstimate,
} from '../../../shared/contract/api/orders.ts';
import { firstProblem } from '../../../shared/contract/problem.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { findDataSet } from '../../service/datasets/find-data-set.ts';
import { estimateOrder } from '../../service/orders/estimate.ts';
import { type Reachable, reachable } from '../../service/orders/reachable.ts';
import { callerOf, type WebContext } from '../context.ts';
import type { Form } from '../form.ts';
import { askedDevices, orderOf } from './fields.ts';

export type Answer<T> = { value: T } | { trouble: string };

export interface DeviceReach {
  hardware: string;
  answer: Answer<Reachable>;
}

/** What is possible on each device that is chosen; none before a space is. */
export function reachFor(c: WebContext, form: Form): Promise<DeviceReach[]> {
  const space = form.text('space');
  const chosen = new Set(askedDevices(form).flatMap(({ hardware }) => (hardware === '' ? [] : [hardware])));
  if (space === '') return Promise.resolve([]);
  const dependencies = c.get('dependencies');
  const { tenantId } = callerOf(c);
  const resolution = form.number('resolution');
  return Promise.all(
    [...chosen].map(async (hardware) => ({
      hardware,
      answer: await answered(async () => {
        const dataSetId = form.text('dataSetId');
        const classes = dataSetId === '' ? null : (await findDataSet(dependencies, tenantId, dataSetId)).classes;
        return reachable(dependencies, tenantId, { space, hardware, resolution, classes: classes ?? 2 });
      }),
    })),
  );
}

export interface Estimate {
  request: EstimateRequest;
  estimate: OrderEstimate;
}

/** Null where not enough is entered to say. */
export function estimateFor(c: WebContext, form: Form): Promise<Answer<Estimate> | null> {
  const isEmpty = askedDevices(form).every(({ hardware, budgets }) => hardware === '' || budgets === '');
  if (isEmpty || form.text('dataSetId') === '' || form.text('space') === '') return Promise.resolve(null);
  return answered(async () => {
    const { maxCostUsd: _, ...order } = orderOf(form);
    const read = estimateRequestSchema.safeParse(order);
    if (!read.success) throw new FastpathError('request.invalid', firstProblem('order', read.error, order));
    const estimate = await estimateOrder(c.get('dependencies'), callerOf(c).tenantId, read.data);
    return { request: read.data, estimate };
  });
}

/** What is wrong with the fields is said beside them; what is wrong here is thrown on. */
async function answered<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (!(error instanceof FastpathError) || error.retry) throw error;
    return { trouble: error.message };
  }
}
