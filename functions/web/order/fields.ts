/** @file The fields of a new search, and the order that they stand for. */

import { type OrderRequest, orderRequestSchema } from '../../../shared/contract/api/orders.ts';
import { firstProblem } from '../../../shared/contract/problem.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { Form } from '../form.ts';

/** A device and what may be taken there, as entered: a row of the form. */
export interface AskedDevice {
  hardware: string;
  budgets: string;
}

/** The rows of the form, also those that nothing is entered in yet. */
export function askedDevices(form: Form): AskedDevice[] {
  const budgets = form.all('budgets');
  return form.all('hardware').map((hardware, i) => ({ hardware, budgets: budgets[i]?.trim() ?? '' }));
}

/**
 * What an order holds; empty fields are left to the service.
 * @throws FastpathError `request.invalid` where a device lacks its budget, or a budget its device
 */
export function orderOf(form: Form): Record<string, unknown> {
  const exclude = wordsOf(form.text('exclude'));
  const seeds = wordsOf(form.text('seeds')).map(Number);
  const exports = form.all('exports');
  const schedule = given({
    warmupEpochs: form.number('warmupEpochs'),
    searchEpochs: form.number('searchEpochs'),
    batchSize: form.number('batchSize'),
  });
  return given({
    dataSetId: form.text('dataSetId'),
    space: form.text('space'),
    targets: askedDevices(form).flatMap(targetsOf),
    mode: form.text('mode') || undefined,
    resolution: form.number('resolution'),
    maxParameters: form.number('maxParameters'),
    seed: seeds.length === 1 ? seeds[0] : undefined,
    seeds: seeds.length > 1 ? seeds : undefined,
    exclude: exclude.length === 0 ? undefined : exclude,
    exports: exports.length === 0 ? undefined : exports,
    schedule: Object.keys(schedule).length === 0 ? undefined : schedule,
    training: form.text('train') === '' ? undefined : given({ epochs: form.number('trainingEpochs') }),
    maxCostUsd: form.number('maxCostUsd'),
  });
}

function targetsOf({ hardware, budgets }: AskedDevice) {
  // A comma between digits may stand for a decimal point, and is refused as no number.
  const budgetsMs = wordsOf(budgets, /[\s;]+/);
  if (hardware === '' && budgetsMs.length > 0) {
    throw new FastpathError('request.invalid', `order: choose the device that may take ${budgetsMs[0]} ms`);
  }
  if (hardware !== '' && budgetsMs.length === 0) {
    throw new FastpathError('request.invalid', `order: enter a latency budget for ${hardware}, or leave it out`);
  }
  return budgetsMs.map((budgetMs) => ({ hardware, budgetMs: Number(budgetMs) }));
}

function wordsOf(text: string, between = /[\s,;]+/): string[] {
  return text.split(between).filter((each) => each !== '');
}

/** @throws FastpathError `request.invalid` */
export function checkedOrder(form: Form): OrderRequest {
  const order = orderOf(form);
  const read = orderRequestSchema.safeParse(order);
  if (read.success) return read.data;
  throw new FastpathError('request.invalid', firstProblem('order', read.error, order));
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
