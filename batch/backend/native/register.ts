/** @file Registers every kernel for the tfjs-node backend on the CPU, as our own operations of its TensorFlow. */
import { type NamedTensorInfoMap, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Geometry } from '../geometry.ts';
import type { KernelAttributes, KernelName } from '../kernels.ts';
import { loadAddon } from './addon.ts';
import { Settings, type TensorFlow } from './tensorflow.ts';

interface Shape<K extends KernelName> {
  /** names of the inputs in the operation's order */
  inputs: readonly string[];
  outputs: number;
  /** the operation's attribute */
  integers?(attributes: KernelAttributes[K]): readonly number[];
  /** an input of numbers behind the tensors */
  settings?(attributes: KernelAttributes[K]): readonly number[];
}

/** In the order of `Geometry` in `kernels/op.h`. */
function geometryIntegers({ geometry: g }: { geometry: Geometry }): number[] {
  return [
    ...[g.batch, g.height, g.width, g.inChannels, g.outHeight, g.outWidth, g.outChannels],
    ...[g.kernelHeight, g.kernelWidth, g.strideY, g.strideX, g.padTop, g.padLeft],
  ];
}

const relu6 = ({ relu6 }: { relu6: boolean }) => [Number(relu6)];

type Fused = { geometry: Geometry; relu6: boolean };
type FusedGrad = Fused & { input: boolean; parameters: boolean };
const fused = (attributes: Fused) => [...geometryIntegers(attributes), ...relu6(attributes)];
const fusedGrad = (attributes: FusedGrad) => [
  ...fused(attributes),
  Number(attributes.input),
  Number(attributes.parameters),
];
const gradInputs = ['x', 'c', 'dy', 'w', 'scale', 'shift', 'mean', 'variance'];

const shapes: { [K in KernelName]: Shape<K> } = {
  FastpathConv2D: { inputs: ['x', 'w'], outputs: 1, integers: geometryIntegers },
  FastpathConv2DInputGrad: { inputs: ['dy', 'w'], outputs: 1, integers: geometryIntegers },
  FastpathConv2DFilterGrad: { inputs: ['x', 'dy'], outputs: 1, integers: geometryIntegers },
  FastpathDepthwise: { inputs: ['x', 'w'], outputs: 1, integers: geometryIntegers },
  FastpathDepthwiseInputGrad: { inputs: ['dy', 'w'], outputs: 1, integers: geometryIntegers },
  FastpathDepthwiseFilterGrad: { inputs: ['x', 'dy'], outputs: 1, integers: geometryIntegers },
  FastpathBatchNorm: { inputs: ['x', 'scale', 'shift'], outputs: 3, integers: relu6 },
  FastpathBatchNormGrad: {
    inputs: ['x', 'dy', 'scale', 'shift', 'mean', 'variance'],
    outputs: 3,
    integers: relu6,
  },
  FastpathBatchNormInference: { inputs: ['x', 'scale', 'shift', 'mean', 'variance'], outputs: 1, integers: relu6 },
  FastpathConv2DNorm: { inputs: ['x', 'w', 'scale', 'shift'], outputs: 4, integers: fused },
  FastpathConv2DNormGrad: { inputs: gradInputs, outputs: 4, integers: fusedGrad },
  FastpathDepthwiseNorm: { inputs: ['x', 'w', 'scale', 'shift'], outputs: 4, integers: fused },
  FastpathDepthwiseNormGrad: { inputs: gradInputs, outputs: 4, integers: fusedGrad },
  FastpathMovingAverage: { inputs: ['running', 'batch'], outputs: 0, settings: ({ momentum }) => [momentum] },
  FastpathGlobalAveragePool: { inputs: ['x'], outputs: 1 },
  FastpathGlobalAveragePoolGrad: { inputs: ['dy'], outputs: 1, integers: ({ xShape }) => xShape },
  FastpathLinear: { inputs: ['x', 'w', 'b'], outputs: 1 },
  FastpathLinearGrad: { inputs: ['x', 'dy', 'w'], outputs: 3 },
  FastpathSoftmaxCrossEntropy: { inputs: ['logits', 'labels'], outputs: 2, settings: ({ smoothing }) => [smoothing] },
  FastpathSgdNesterov: {
    inputs: ['value', 'velocity', 'grad'],
    outputs: 0,
    settings: ({ learningRate, momentum, weightDecay }) => [learningRate, momentum, weightDecay],
  },
  FastpathAdd: { inputs: ['a', 'b'], outputs: 1 },
  FastpathMultiply: { inputs: ['a', 'b'], outputs: 1 },
  FastpathInnerProduct: { inputs: ['a', 'b'], outputs: 1 },
};

function register<K extends KernelName>(kernelName: K, shape: Shape<K>, tensorflow: TensorFlow): void {
  registerKernel({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }): TensorInfo[] => {
      const attributes = attrs as unknown as KernelAttributes[K];
      const tensors: (TensorInfo | Settings)[] = shape.inputs.map((name) => (inputs as NamedTensorInfoMap)[name]!);
      if (shape.settings) tensors.push(new Settings(shape.settings(attributes)));
      return tensorflow.run(kernelName, tensors, shape.integers?.(attributes) ?? [], shape.outputs);
    },
  });
}

/**
 * Registers every kernel for the active tfjs-node backend.
 * @throws FastpathError `backend.kernels-missing`, `backend.threads`
 */
export function registerCompiledKernels(tensorflow: TensorFlow): void {
  loadAddon();
  for (const name of Object.keys(shapes) as KernelName[]) register(name, shapes[name] as Shape<KernelName>, tensorflow);
}
