/** @file A network as one Python file for Keras 3 and a safetensors file with its weights. */
import {
  constants,
  docstring,
  keptTensors,
  mainSource,
  type NamedTensors,
  type PythonOptions,
  tolerance,
} from './python-source.ts';
import type { TrainedTensors } from './trained-weights.ts';

/** The Python file. Its model's weights have the names of `kerasTensors`. */
export function kerasSource(options: PythonOptions): string {
  const { features } = options;
  const { resolution } = options.architecture;
  return `${docstring(options, 'Keras', `[n, ${resolution}, ${resolution}, 3]`)}

from pathlib import Path

import keras
import numpy as np
from keras import layers
from safetensors.numpy import load_file

${constants(options)}

HERE = Path(__file__).parent


def conv_norm(x, name, channels, kernel, stride=1, depthwise=False, relu6=True):
    """Convolution, batch norm and, where asked for, ReLU6."""
    # 'same' would pad an even image at stride 2 on one side only.
    if kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f'{name}_pad')(x)
    if depthwise:
        x = layers.DepthwiseConv2D(kernel, stride, use_bias=False, name=f'{name}_conv')(x)
    else:
        x = layers.Conv2D(channels, kernel, stride, use_bias=False, name=f'{name}_conv')(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name=f'{name}_bn')(x)
    return layers.ReLU(6.0, name=f'{name}_relu6')(x) if relu6 else x


def mbconv(x, name, kernel, stride, channels_in, hidden, channels, shortcut):
    """Inverted residual: 1x1 expansion, depthwise convolution, linear 1x1 projection, perhaps a shortcut."""
    y = x if hidden is None else conv_norm(x, f'{name}_expand', hidden, 1)
    y = conv_norm(y, f'{name}_depthwise', channels_in if hidden is None else hidden, kernel, stride, depthwise=True)
    y = conv_norm(y, f'{name}_project', channels, 1, relu6=False)
    return layers.Add(name=f'{name}_add')([x, y]) if shortcut else y


def build():
    """The network with fresh weights: ${features ? 'maps [n, size, size, channels] by the name of their stride' : 'logits [n, CLASSES]'}."""
    images = keras.Input((RESOLUTION, RESOLUTION, 3), name='images')
    kernel, stride, channels = STEM
    x = conv_norm(images, 'stem', channels, kernel, stride)
${features ? featureOutputs : logitOutputs}


def load(file=HERE / 'network.safetensors'):
    """The network with its weights."""
    weights = load_file(file)
    network = build()
    for layer in network.layers:
        if layer.weights:
            layer.set_weights([weights[f'{layer.name}/{weight.name}'] for weight in layer.weights])
    return network


def check(file=HERE / 'check.safetensors'):
    """Compares the outputs with the trainer's own for the images in the file."""
    stored = load_file(file)
    outputs = load().predict(stored['images'], batch_size=32, verbose=0)
${features ? featureCheck : logitCheck}


${mainSource(features)}
`;
}

const logitOutputs = `    for i, block in enumerate(BLOCKS):
        x = mbconv(x, f'blocks_{i}', *block)
    x = conv_norm(x, 'head', HEAD, 1)
    x = layers.GlobalAveragePooling2D(name='pool')(x)
    return keras.Model(images, layers.Dense(CLASSES, name='classifier')(x))`;

const featureOutputs = `    outputs = []
    for i, block in enumerate(BLOCKS):
        x = mbconv(x, f'blocks_{i}', *block)
        outputs.append(x)
    return keras.Model(images, {f'stride{stride}': outputs[block] for stride, block in TAPS.items()})`;

const logitCheck = `    expected = stored['output']
    behind = expected.max(1) - np.take_along_axis(expected, outputs.argmax(1)[:, None], 1)[:, 0]
    return {
        'images': len(expected),
        'largest_difference': float(np.abs(outputs - expected).max()),
        'largest_output': float(np.abs(expected).max()),
        'top1_agreement': float((behind <= ${tolerance}).mean()),
        'runtime': f'Keras {keras.__version__} on {keras.backend.backend()}',
    }`;

const featureCheck = `    return {
        'images': len(stored['images']),
        'largest_difference': float(np.max([np.abs(maps - stored[name]).max() for name, maps in outputs.items()])),
        'largest_output': float(np.max([np.abs(stored[name]).max() for name in outputs])),
        'top1_agreement': None,
        'runtime': f'Keras {keras.__version__} on {keras.backend.backend()}',
    }`;

const batchNormNames: Readonly<Record<string, string>> = {
  scale: 'gamma',
  shift: 'beta',
  mean: 'moving_mean',
  variance: 'moving_variance',
};

/** Weights by layer and name; Keras has them in the trainer's own order. */
export function kerasTensors(options: PythonOptions, tensors: TrainedTensors): NamedTensors {
  const weights: NamedTensors = new Map();
  for (const [name, tensor] of keptTensors(options, tensors)) {
    const [, layer, norm, own] = /^(.*?)\.(bn\.)?([a-z]+)$/.exec(name)!;
    const kerasName = layer!.replaceAll('.', '_');
    if (norm !== undefined) weights.set(`${kerasName}_bn/${batchNormNames[own!]}`, tensor);
    else if (layer === 'classifier') weights.set(`classifier/${own === 'weight' ? 'kernel' : 'bias'}`, tensor);
    else weights.set(`${kerasName}_conv/kernel`, tensor);
  }
  return weights;
}
