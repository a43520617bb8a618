/** @file The latency models that ship, one for each known hardware: what `npm run fit:models` made of the tables. */
import type { LatencyModelData } from '../contract/latency-model.ts';
import amdEpycZen4Ort1t from './models/amd-epyc-zen4-ort-1t.json' with { type: 'json' };

// Read as they are: each model is checked against its schema where it is written, and by a test.
export const builtInModels: readonly LatencyModelData[] = [amdEpycZen4Ort1t as LatencyModelData];
