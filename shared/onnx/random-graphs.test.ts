/** @file Graphs of known operators on anything: each has a finite latency, or is refused in one line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FastpathError } from '../errors.ts';
import { builtInModels, findLatencyModel } from '../latency/built-in-models.ts';
import { FittedLatencyModel } from '../latency/fitted-model.ts';
import { inferShapes } from './infer-shapes.ts';
import { networkPredictor } from './predict-network.ts';
import type { ModelNode, NodeAttribute, OnnxModel } from './read-model.ts';

const models = [builtInModels[0]!, findLatencyModel('intel-xeon-amx-ort-1t')].map((own) => new FittedLatencyModel(own));

const ops =
  'Add BatchNormalization Clip Concat Constant ConstantOfShape Conv DepthToSpace DequantizeLinear Div Expand Flatten Gather Gemm GlobalAveragePool Identity MatMul MaxPool Mul Odd Pad ReduceMean Relu Reshape Resize Shape Sigmoid Slice Softmax SpaceToDepth Split Squeeze Sub Sum Transpose Unsqueeze';
const names =
  'allowzero auto_pad axes axis blocksize dilations end ends group keepdims kernel_shape pads perm shape split start starts steps strides transA transB value value_float value_ints';

const tensors = ['', ...Array.from({ length: 12 }, (_, i) => `t${i}`)];
const tensor = fc.constantFrom(...tensors);
const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -2, max: 9 }) },
  fc.constantFrom(0.5, -0.5, 2 ** 31, 2 ** 53, -(2 ** 62), Number.NaN, Number.POSITIVE_INFINITY),
);
const numbers = fc.array(number, { maxLength: 6 });
const dims = fc.array(fc.constantFrom(0, 1, 2, 3, 4, 8, 16, 16), { maxLength: 5 });
const value = fc.record({ dims: fc.oneof(dims, numbers), values: fc.option(numbers) });
const attribute: fc.Arbitrary<NodeAttribute> = fc.oneof(
  fc.record({ int: number }),
  fc.record({ ints: numbers }),
  fc.record({ float: number }),
  fc.record({ tensor: value }),
  fc.record({ text: fc.constantFrom('SAME_UPPER', 'VALID') }),
);
const node: fc.Arbitrary<ModelNode> = fc.record({
  op: fc.constantFrom(...ops.split(' ')),
  domain: fc.constant(''),
  inputs: fc.array(tensor, { maxLength: 4 }),
  outputs: fc.array(tensor, { maxLength: 2 }),
  attributes: fc
    .array(fc.tuple(fc.constantFrom(...names.split(' ')), attribute), { maxLength: 4 })
    .map((all) => new Map(all)),
});
const image = { name: 't0', dims: [1, 8, 16, 16] };
const model: fc.Arbitrary<OnnxModel> = fc.record({
  nodes: fc.array(node, { minLength: 1, maxLength: 12 }).map((all) => all.map(behind)),
  initializers: fc.array(fc.tuple(tensor, value), { maxLength: 4 }).map((all) => new Map(all)),
  inputs: fc.constant([image]),
  outputs: fc.array(tensor, { maxLength: 3 }),
  declared: fc.array(fc.tuple(tensor, dims), { maxLength: 4 }).map((all) => new Map(all)),
});

/** Gives what is in no other node, so that most graphs run in no circle. */
function behind(own: ModelNode, i: number): ModelNode {
  const inputs = own.inputs.map((name) => (name === '' ? name : `t${Number(name.slice(1)) % (i + 1)}`));
  return { ...own, inputs, outputs: own.outputs.map((name, j) => (name === '' ? name : `t${i + 1}${'b'.repeat(j)}`)) };
}

test('a graph of known operators has a finite latency or is refused in one line', () => {
  let priced = 0;
  fc.assert(
    fc.property(model, (own) => {
      try {
        const predict = networkPredictor(inferShapes(own));
        for (const { latencyUs, lowUs, highUs, blocks } of models.map(predict)) {
          const all = [latencyUs, lowUs, highUs, ...blocks.map((block) => block.latencyUs)];
          expect(all.filter((us) => !(Number.isFinite(us) && us >= 0))).toEqual([]);
        }
        priced++;
      } catch (error) {
        if (!(error instanceof FastpathError)) throw error;
        expect(error.code).toMatch(/^onnx\./);
        expect(error.message).toMatch(/^[^\n]{1,400}$/);
        // The last net: whoever knows the shapes refuses before it.
        expect(error.message).not.toMatch(/operators of such sizes$/);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(priced).toBeGreaterThan(100);
});
