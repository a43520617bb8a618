/** @file The latency models that ship, one for each known hardware. */
import type { LatencyTable } from '../contract/latency.ts';
import type { LatencyModelData } from '../contract/latency-model.ts';
import { modelOfTable } from './table-model.ts';
import amdEpycZen4Ort1t from './tables/amd-epyc-zen4-ort-1t.json' with { type: 'json' };

export const builtInModels: readonly LatencyModelData[] = [
  modelOfTable(amdEpycZen4Ort1t as LatencyTable, {
    sha256: '2b357642a869d1eb31dee21470e58fb956a33c5ec1225bb2b2428c2df875465d',
    version: '4678420d6fb743a1',
  }),
];
