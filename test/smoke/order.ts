/** @file A tiny search ordered as a customer does, and what came back looked at closely. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fastpath } from '../../functions/client/index.ts';
import { filesIn } from '../../functions/client/node.ts';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import { FastpathError } from '../../shared/errors.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

export interface SmokeOptions {
  url: string;
  adminKey: string;
  /** tops credit up where searches cost; absent: where they cost nothing */
  operatorKey?: string;
  say(line: string): void;
}

const hardware = 'amd-epyc-zen4-ort-1t';
const budgetMs = 0.08;
const maxCostUsd = 2;

/** @throws FastpathError `smoke.…` where the answer is not what was ordered, ApiError */
export async function orderTinySearch({ url, adminKey, operatorKey, say }: SmokeOptions): Promise<void> {
  const fastpath = new Fastpath({ url, key: adminKey });
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-smoke-'));
  try {
    await writeTinyImages(join(folder, 'images'));
    const uploaded = await fastpath.dataSets.upload('smoke test', await filesIn(join(folder, 'images')));
    const dataSet = await fastpath.dataSets.verified(uploaded.id);
    say(`data set ${dataSet.id}: ${dataSet.images} images of ${dataSet.classes} classes`);
    if (operatorKey !== undefined) {
      const payment = { tenantId: 'local', amountUsd: maxCostUsd, reference: `smoke test ${dataSet.id}` };
      await new Fastpath({ url, key: operatorKey }).credit.topUp(payment);
    }
    await searchOn(fastpath, dataSet.id, say);
    await fastpath.dataSets.delete(dataSet.id);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function searchOn(fastpath: Fastpath, dataSetId: string, say: (line: string) => void): Promise<void> {
  const order = await fastpath.orders.place({
    dataSetId,
    space: 'tiny',
    targets: [{ hardware, budgetMs }],
    schedule: { batchSize: 16, warmupEpochs: 1, searchEpochs: 30 },
    maxCostUsd,
  });
  const { id } = order.searches[0]!;
  say(`search ${id} ordered; a machine takes minutes to come`);
  for await (const record of fastpath.searches.follow(id)) {
    if (record.type === 'note') say(record.message);
  }
  const search = await fastpath.searches.get(id);
  if (search.state !== 'succeeded') {
    throw new FastpathError(
      'smoke.search',
      `the search is ${search.state}: ${search.reason?.message ?? 'no reason is told'}`,
    );
  }
  const found = await fastpath.architectures.get(search.architectureId!);
  const architecture = parseArchitecture(found.architecture);
  const [prediction] = await fastpath.predict({ architectures: [architecture], hardware: [hardware] });
  if (prediction === undefined || prediction.latencyMs > budgetMs) {
    throw new FastpathError(
      'smoke.budget',
      `the network takes ${prediction?.latencyMs} ms, and was to take ${budgetMs}`,
    );
  }
  const weights = await new Response(
    await fastpath.architectures.download(found.id, 'weights.safetensors'),
  ).arrayBuffer();
  if (weights.byteLength < 1000) throw new FastpathError('smoke.weights', 'the weights are no weights');
  const used = (await fastpath.usage.get()).searches.find(({ searchId }) => searchId === id);
  if (used === undefined || used.computeSeconds <= 0)
    throw new FastpathError('smoke.usage', 'the search is not in the usage');
  say(
    `found ${found.id}: ${prediction.latencyMs} ms within ${budgetMs}; ${used.computeSeconds} s, ${used.costUsd} USD`,
  );
}
