/** @file Nodes whose cost is known, by their operator and what is known of their shapes. */
import type { MapOperator } from '../latency/operators/operator.ts';
import type { TypedNode } from './infer-shapes.ts';

export const fusedActivations = new Set('Relu Clip LeakyRelu Sigmoid Tanh HardSigmoid HardSwish'.split(' '));
export const denseActivations = new Set('Relu LeakyRelu Sigmoid Tanh'.split(' '));
/** What takes no time. */
export const free = new Set('Identity Dropout Cast Shape Constant ConstantOfShape'.split(' '));
/** Kinds that make each number of one of each input. */
export const numberByNumber = new Set<MapOperator['kind']>(['add', 'multiply', 'clamp', 'curve']);
export const kinds = new Map<string, MapOperator['kind']>([
  ...named('add', 'Add Sub Sum Max Min Mean'),
  ...named('multiply', 'Mul Div Pow Where'),
  ...named('clamp', 'Relu Clip LeakyRelu PRelu ThresholdedRelu Abs Neg'),
  ...named(
    'curve',
    'Sigmoid Tanh HardSigmoid HardSwish Swish Mish Elu Selu Celu Gelu Softplus Softsign Erf Exp Log Sqrt',
  ),
  ...named('normalise', 'BatchNormalization InstanceNormalization LayerNormalization GroupNormalization LRN'),
  ...named('softmax', 'Softmax LogSoftmax'),
  ...named('reduce', 'ReduceMean ReduceSum ReduceMax ReduceL2 GlobalAveragePool GlobalMaxPool'),
  ...named('concat', 'Concat'),
  ...named('copy', 'Slice Split Pad Gather Expand'),
  ...named('transpose', 'Transpose DepthToSpace SpaceToDepth'),
  ...named('resize', 'Resize Upsample'),
  ...named('view', 'Reshape Flatten Squeeze Unsqueeze'),
]);

function named(kind: MapOperator['kind'], ops: string): [string, MapOperator['kind']][] {
  return ops.split(' ').map((op) => [op, kind]);
}

/** Whether an operator follows from the node: shapes that a model only declares may be of any rank. */
export function isPriced({ op, domain, inputDims: [x, second], outputDims: [y] }: TypedNode): boolean {
  if (domain !== '' || x == null || y == null) return false;
  if (op === 'Conv') return isMap(x) && second?.length === x.length && y.length === x.length;
  if (op === 'MaxPool' || op === 'AveragePool') return isMap(x) && y.length === x.length;
  if (op === 'Gemm' || op === 'MatMul') return second != null && second.length >= 2 && y.length > 0;
  return kinds.has(op);
}

/** Of one axis or two behind images and channels. */
export function isMap({ length }: readonly number[]): boolean {
  return length === 3 || length === 4;
}
