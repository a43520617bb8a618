/** @file The operators that predictions count are those that ONNX Runtime makes of a model: its optimised graph says so. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OnnxRuntimeRunner } from '../../functions/local/measure/onnxruntime-runner.ts';
import type { Operator } from '../../shared/latency/operators/operator.ts';
import { fuse } from '../../shared/onnx/fuse.ts';
import { type ModelNode, readModel } from '../../shared/onnx/read-model.ts';
import { readNetwork } from '../../shared/onnx/read-network.ts';
import { wellKnownOnnx } from '../bench/networks/well-known.ts';

let folder: string;
let block: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-fusion-'));
  const runner = await OnnxRuntimeRunner.open(1);
  block = runner.conditions.channelBlock!;
  await runner.close();
});
afterAll(() => rm(folder, { recursive: true }));

const kinds: Readonly<Record<string, string>> = {
  ReorderInput: 'block',
  ReorderOutput: 'unblock',
  Gemm: 'dense',
  FusedGemm: 'dense',
  QuickGelu: 'curve',
  HardSigmoid: 'curve',
  Add: 'add',
  Mul: 'multiply',
  Concat: 'concat',
  Reshape: 'view',
  Flatten: 'view',
  Transpose: 'transpose',
  GlobalAveragePool: 'reduce',
  MaxPool: 'maxpool',
  AveragePool: 'averagepool',
};

function kindOf({ op, domain, inputs, attributes }: ModelNode): string {
  const kind = kinds[op];
  if (kind !== undefined) return kind;
  const blocked = domain === 'com.microsoft.nchwc';
  const activation = attributes.get('activation')?.text?.toLowerCase() ?? null;
  const groups = attributes.get('group')?.int ?? 1;
  return op.endsWith('Conv') ? convKind({ groups, activation, adds: inputs.length > 3, blocked }) : op;
}

function convKind(conv: { groups: number; activation: string | null; adds: boolean; blocked: boolean }): string {
  const { groups, activation, adds, blocked } = conv;
  return ['conv', groups > 1 && 'of groups', activation, adds && 'adds', blocked && 'blocked']
    .filter(Boolean)
    .join(' ');
}

const ownKind = (operator: Operator) => (operator.kind === 'conv' ? convKind(operator) : operator.kind);

function counted(kinds: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

// ShuffleNetV2 apart, where two slices that make up a map become one node, and MobileNetV3, where one hard-swish becomes two.
it.each([
  'MobileNetV1',
  'EfficientNet-B0',
  'MnasNet-A1',
  'GhostNet',
  'RegNetX-400MF',
  'RegNetY-400MF',
  'DenseNet-121',
  'SqueezeNet 1.1',
])('%s', async (name) => {
  const model = wellKnownOnnx(name);
  const optimizedModelFilePath = join(folder, 'optimised.onnx');
  const session = await InferenceSession.create(model, {
    graphOptimizationLevel: 'all',
    optimizedModelFilePath,
    logSeverityLevel: 3,
  });
  await session.release();
  const theirs = readModel(await readFile(optimizedModelFilePath)).nodes.map(kindOf);
  expect(counted(fuse(readNetwork(model), block).operators.map(ownKind))).toEqual(counted(theirs));
});
