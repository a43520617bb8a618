/** @file Predictions of whole ONNX models: what the block table knows, what operators tell, and what weights do not. */
import { describe, expect, it } from 'vitest';
import { builtInModels, findLatencyModel } from '../latency/built-in-models.ts';
import { FittedLatencyModel } from '../latency/fitted-model.ts';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { CnnBuilder } from './cnn-builder.ts';
import { inferShapes } from './infer-shapes.ts';
import { networkPredictor } from './predict-network.ts';
import { type ModelNode, readModel } from './read-model.ts';
import { readNetwork } from './read-network.ts';
import { stripWeights } from './strip-weights.ts';
import { conv, file, filters, image, node, weight } from './test-model.ts';
import { randomWeights } from './weights.ts';
import { writeBatchNetwork, writeNetwork } from './write-network.ts';

const predict = (bytes: Uint8Array, model: FittedLatencyModel) => networkPredictor(readNetwork(bytes))(model);
const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const architecture = pathToArchitecture(
  plan,
  plan.blocks.map(({ candidates }, i) => i % candidates.length),
);
const { blocks: _, ...whole } = new FittedLatencyModel(builtInModels[0]!).predict(architecture);

describe('a network that Fastpath wrote', () => {
  it('is predicted from the block table, as its architecture is', () => {
    const model = new FittedLatencyModel(builtInModels[0]!);
    expect(predict(writeNetwork(architecture, { seed: 1 }), model)).toMatchObject(whole);
    const metadata = {};
    const forBatch = writeBatchNetwork(architecture, randomWeights(1), { features: false, metadata });
    expect(predict(forBatch, model)).toMatchObject(whole);
  });

  it('is the same without its weights, in a fifth of the bytes or less', () => {
    const written = writeNetwork(architecture, { seed: 1 });
    const stripped = stripWeights(written);
    expect(stripped.length).toBeLessThan(written.length / 5);
    expect(readNetwork(stripped)).toEqual(readNetwork(written));
  });
});

describe('a network that is nearly one that Fastpath wrote', () => {
  const model = new FittedLatencyModel(builtInModels[0]!);
  const written = readModel(writeNetwork(architecture, { seed: 1 }));
  const changed = (nodes: readonly ModelNode[]) => networkPredictor(inferShapes({ ...written, nodes }))(model);
  const behind = (op: string, output: string): ModelNode => {
    return { op, domain: '', inputs: ['output'], outputs: [output], attributes: new Map() };
  };

  it('has room for operators that nothing is known of, and lists them', () => {
    const { flags, ...prediction } = changed([...written.nodes, behind('ArgMax', 'a'), behind('TopK', 'b')]);
    const known = changed(written.nodes);
    expect(prediction).toEqual({ ...known, flags: undefined, highUs: expect.any(Number) });
    expect(prediction.highUs).toBeGreaterThan(1.05 * known.highUs);
    expect(flags).toEqual([...known.flags, 'operators that nothing is known of, left out: ArgMax, TopK']);
  });

  it.each([
    ['groups', { group: { int: 2 } }, /^conv-k1x1-s1x1-g2-/],
    ['steps', { strides: { ints: [2, 2] } }, /^conv-k1x1-s2x2-g1-/],
  ])('has %s in a convolution of 1 × 1, which no block has', (_name, attributes, signature) => {
    const last = written.nodes.findLastIndex(({ op }) => op === 'Conv');
    const nodes = written.nodes.map((own, i) => {
      return i === last ? { ...own, attributes: new Map([...own.attributes, ...Object.entries(attributes)]) } : own;
    });
    const { blocks } = changed(nodes);
    expect(changed(written.nodes).blocks[0]!.name).toBe('stem');
    expect(blocks[0]!.name).toBe('operator 1');
    expect(blocks).toContainEqual(expect.objectContaining({ signature: expect.stringMatching(signature) }));
  });

  it('is told apart by images a call', () => {
    const { hardware, ...data } = builtInModels[0]!;
    const ofEight = new FittedLatencyModel({ ...data, hardware: { ...hardware, batchSize: 8 } });
    const { flags, blocks } = networkPredictor(inferShapes(written))(ofEight);
    expect(blocks[0]!.name).toBe('stem');
    expect(flags).toEqual([`the model takes 1 images a call, ${hardware.id} was timed with 8`]);
  });
});

describe('a quantised network', () => {
  const model = new FittedLatencyModel(builtInModels[0]!);
  const held = [weight('w8', [8, 3, 3, 3]), weight('scale', [])];
  const weights = node('DequantizeLinear', ['w8', 'scale'], ['w']);

  it('is not predicted: integers take another time', () => {
    const maps = [node('QuantizeLinear', ['x', 'scale'], ['q']), node('DequantizeLinear', ['q', 'scale'], ['d'])];
    const quantised = file(image, ...held, ...maps, weights, node('Conv', ['d', 'w'], ['y']));
    expect(() => predict(quantised, model)).toThrow(
      /: it is quantised to integers \(QuantizeLinear\), .* as it was before$/,
    );
    const whole = file(image, ...held, node('QLinearConv', ['x', 'scale', 'scale', 'w8'], ['y']));
    expect(() => predict(whole, model)).toThrow(/quantised to integers \(QLinearConv\)/);
  });

  it('is a float network where only its weights are integers', () => {
    expect(predict(file(image, ...held, weights, conv), model)).toEqual(predict(file(image, filters, conv), model));
  });
});

it('is never a number that is none', () => {
  const network = readNetwork(file(image, filters, conv));
  const [own] = network.nodes;
  const broken = { ...network, nodes: [{ ...own!, outputDims: [[1, 8, Number.NaN, 30]] }] };
  const attempt = () => networkPredictor(broken)(new FittedLatencyModel(builtInModels[0]!));
  expect(attempt).toThrow(expect.objectContaining({ code: 'onnx.shape' }));
});

describe('a network of another kind', () => {
  const network = (images: number) => {
    const b = new CnnBuilder();
    const x = b.relu(b.conv(b.input(images, 3, 64, 64), { out: 32, kernel: 3, stride: 2 }));
    return b.finish('residual', [b.relu(b.add(b.conv(x, { out: 32, kernel: 3 }), x))]);
  };

  it('is predicted roughly where operators were never timed, and says so', () => {
    const { latencyUs, lowUs, highUs, flags, blocks } = predict(network(1), new FittedLatencyModel(builtInModels[0]!));
    expect(lowUs).toBeLessThan(0.4 * latencyUs);
    expect(highUs).toBeGreaterThan(1.6 * latencyUs);
    expect(flags).toContainEqual(expect.stringMatching(/^no operators were timed on/));
    expect(blocks.map(({ signature }) => signature)).toContain('conv-k3x3-s1x1-g1-i32-o32-q32x32-r32x32');
  });

  it('is told apart by images a call', () => {
    const model = new FittedLatencyModel(builtInModels[0]!);
    const eight = predict(network(8), model);
    expect(eight.flags.at(-1)).toMatch(/^the model takes 8 images a call/);
    expect(eight.latencyUs).toBeGreaterThan(4 * predict(network(1), model).latencyUs);
  });

  it('is predicted from operators where they were timed', () => {
    const model = new FittedLatencyModel(findLatencyModel('intel-xeon-amx-ort-1t'));
    const { latencyUs, lowUs, highUs, blocks } = predict(network(1), model);
    expect((highUs - lowUs) / latencyUs).toBeLessThan(0.5);
    expect(blocks.map(({ signature }) => signature)).toEqual([
      'conv-k3x3-s2x2-g1-i3-o32-q64x64-r32x32-relu-blocked',
      'conv-k3x3-s1x1-g1-i32-o32-q32x32-r32x32-relu-add-blocked',
      'unblock-r32768-w32768',
    ]);
    const sum = blocks.reduce((us, block) => us + block.latencyUs, model.overheadUs);
    expect(latencyUs).toBeCloseTo(sum, 9);
  });
});
