/** @file A network as one Python file for PyTorch and a safetensors file with its state dict. */
import { moveAxes } from '../weights/move-axes.ts';
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

/** The Python file. Its module's state dict has the names of `pytorchTensors`. */
export function pytorchSource(options: PythonOptions): string {
  const { features } = options;
  const { resolution } = options.architecture;
  return `${docstring(options, 'PyTorch', `[n, 3, ${resolution}, ${resolution}]`)}

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

${constants(options)}

HERE = Path(__file__).parent


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, where asked for, ReLU6."""

    def __init__(self, channels_in, channels, kernel, stride=1, groups=1, relu6=True):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.1)
        if relu6:
            self.relu6 = nn.ReLU6()


class MbConv(nn.Module):
    """Inverted residual: 1x1 expansion, depthwise convolution, linear 1x1 projection, perhaps a shortcut."""

    def __init__(self, kernel, stride, channels_in, hidden, channels, shortcut):
        super().__init__()
        self.shortcut = shortcut
        self.expand = nn.Identity() if hidden is None else ConvNorm(channels_in, hidden, 1)
        width = channels_in if hidden is None else hidden
        self.depthwise = ConvNorm(width, width, kernel, stride, groups=width)
        self.project = ConvNorm(width, channels, 1, relu6=False)

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.shortcut else y


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        kernel, stride, channels = STEM
        self.stem = ConvNorm(3, channels, kernel, stride)
        self.blocks = nn.ModuleList(MbConv(*block) for block in BLOCKS)
${features ? featureForward : logitForward}


def load(file=HERE / 'network.safetensors'):
    """The network with its weights, ready for inference."""
    network = Network()
    network.load_state_dict(load_file(file))
    return network.eval()


def check(file=HERE / 'check.safetensors'):
    """Compares the outputs with the trainer's own for the images in the file."""
    stored = load_file(file)
    network = load()
    with torch.inference_mode():
        batches = [network(images) for images in stored['images'].split(32)]
${features ? featureCheck : logitCheck}


${mainSource(features)}
`;
}

const wrongSize = `        if tuple(images.shape[1:]) != (3, RESOLUTION, RESOLUTION):
            raise ValueError(f'images must be [n, 3, {RESOLUTION}, {RESOLUTION}], not {list(images.shape)}')`;

const logitForward = `        self.head = ConvNorm(BLOCKS[-1][4], HEAD, 1)
        self.classifier = nn.Linear(HEAD, CLASSES)

    def forward(self, images):
        """images [n, 3, RESOLUTION, RESOLUTION] -> logits [n, CLASSES]"""
${wrongSize}
        x = self.stem(images)
        for block in self.blocks:
            x = block(x)
        return self.classifier(self.head(x).mean((2, 3)))`;

const featureForward = `
    def forward(self, images):
        """images [n, 3, RESOLUTION, RESOLUTION] -> maps [n, channels, size, size] by the name of their stride"""
${wrongSize}
        x = self.stem(images)
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        return {f'stride{stride}': outputs[block] for stride, block in TAPS.items()}`;

const logitCheck = `    outputs, expected = torch.cat(batches), stored['output']
    behind = expected.amax(1) - expected.gather(1, outputs.argmax(1, True))[:, 0]
    return {
        'images': len(expected),
        'largest_difference': (outputs - expected).abs().max().item(),
        'largest_output': expected.abs().max().item(),
        'top1_agreement': (behind <= ${tolerance}).float().mean().item(),
        'runtime': f'PyTorch {torch.__version__}',
    }`;

const featureCheck = `    outputs = {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}
    return {
        'images': len(stored['images']),
        'largest_difference': torch.stack([(maps - stored[name]).abs().max() for name, maps in outputs.items()]).max().item(),
        'largest_output': torch.stack([stored[name].abs().max() for name in outputs]).max().item(),
        'top1_agreement': None,
        'runtime': f'PyTorch {torch.__version__}',
    }`;

const batchNormNames: Readonly<Record<string, string>> = {
  scale: 'bn.weight',
  shift: 'bn.bias',
  mean: 'bn.running_mean',
  variance: 'bn.running_var',
};

/** The state dict: convolutions [out, in, k, k] and [channels, 1, k, k], the classifier [out, in]. */
export function pytorchTensors(options: PythonOptions, tensors: TrainedTensors): NamedTensors {
  const state: NamedTensors = new Map();
  for (const [name, tensor] of keptTensors(options, tensors)) {
    const [, layer, norm, own] = /^(.*?)\.(bn\.)?([a-z]+)$/.exec(name)!;
    if (norm !== undefined) state.set(`${layer}.${batchNormNames[own!]}`, tensor);
    else if (layer === 'classifier') state.set(name, own === 'weight' ? moveAxes(tensor, [1, 0]) : tensor);
    else
      state.set(`${layer}.conv.weight`, moveAxes(tensor, layer!.endsWith('depthwise') ? [2, 3, 0, 1] : [3, 2, 0, 1]));
    if (own === 'mean') state.set(`${layer}.bn.num_batches_tracked`, { shape: [], data: BigInt64Array.of(0n) });
  }
  return state;
}
