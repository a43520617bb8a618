"""The supernet in PyTorch: the weights of all candidates of all choice blocks; a path picks a network.

Tensors are NCHW in shape and channels_last in memory, which is the NHWC that the images come in.
"""

import torch
from torch.nn import functional as F

EPSILON = 1e-3
MOMENTUM = 0.1


class Parameter:
    """One trainable tensor, seen twice: `leaf` gathers gradients, `frozen` is the same memory outside autograd."""

    __slots__ = ('leaf', 'frozen', 'decays')

    def __init__(self, value, decays):
        self.frozen = value
        self.leaf = value.view_as(value).requires_grad_()
        self.decays = decays


class ReLU6(torch.autograd.Function):
    """In place, and remembered by its result, which the next layer keeps anyway; PyTorch's own keeps a copy of x."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.clamp_(0.0, 6.0)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx, dy):
        (y,) = ctx.saved_tensors
        return torch.ops.aten.hardtanh_backward(dy, y, 0.0, 6.0)


class ConvNorm:
    """Convolution + batch norm + optional ReLU6. x [n, in, h, w] -> y [n, out, ceil(h / stride), ceil(w / stride)]."""

    def __init__(self, weights, name, stride, groups, relu6):
        kernel = weights.read(f'{name}.weight')
        # [k, k, in, out] for a dense convolution, [k, k, channels, 1] for a depthwise one.
        order = (3, 2, 0, 1) if groups == 1 else (2, 3, 0, 1)
        kernel = kernel.permute(order).contiguous(memory_format=torch.channels_last)
        self.weight = Parameter(kernel, decays=True)
        self.scale = Parameter(weights.read(f'{name}.bn.scale'), decays=False)
        self.shift = Parameter(weights.read(f'{name}.bn.shift'), decays=False)
        self.mean = weights.read(f'{name}.bn.mean')
        self.variance = weights.read(f'{name}.bn.variance')
        self.stride, self.groups, self.relu6 = stride, groups, relu6
        self.padding = kernel.shape[-1] // 2

    @property
    def parameters(self):
        return [self.weight, self.scale, self.shift]

    def train(self, x):
        """For a weight step: gradients for the weights, running statistics move."""
        y = F.conv2d(x, self.weight.leaf, None, self.stride, self.padding, 1, self.groups)
        y = F.batch_norm(y, self.mean, self.variance, self.scale.leaf, self.shift.leaf, True, MOMENTUM, EPSILON)
        return ReLU6.apply(y) if self.relu6 else y

    def probe(self, x):
        """For an architecture step: batch statistics, but no gradient for a weight and no running statistic moves."""
        y = F.conv2d(x, self.weight.frozen, None, self.stride, self.padding, 1, self.groups)
        y = F.batch_norm(y, None, None, self.scale.frozen, self.shift.frozen, True, MOMENTUM, EPSILON)
        return ReLU6.apply(y) if self.relu6 else y


class MbConv:
    """Inverted residual: 1x1 expand (not at expansion 1), depthwise k x k, 1x1 project, identity shortcut."""

    def __init__(self, weights, name, block):
        hidden = round(block['in'] * block['expansion'])
        expand = [] if block['expansion'] == 1 else [ConvNorm(weights, f'{name}.expand', 1, 1, True)]
        depthwise = ConvNorm(weights, f'{name}.depthwise', block['stride'], hidden, True)
        self.layers = [*expand, depthwise, ConvNorm(weights, f'{name}.project', 1, 1, False)]
        self.shortcut = block['shortcut']

    @property
    def parameters(self):
        return [parameter for layer in self.layers for parameter in layer.parameters]

    def train(self, x):
        y = x
        for layer in self.layers:
            y = layer.train(y)
        # A batch norm's backward pass reads its input, not its output: the sum may take the output's place.
        return y.add_(x) if self.shortcut else y

    def probe(self, x):
        y = x
        for layer in self.layers:
            y = layer.probe(y)
        return y.add_(x) if self.shortcut else y


class Classifier:
    """Global average pool and the linear layer. x [n, features, h, w] -> logits [n, classes]."""

    def __init__(self, weights):
        self.weight = Parameter(weights.read('classifier.weight').t().contiguous(), decays=True)
        self.bias = Parameter(weights.read('classifier.bias'), decays=False)

    @property
    def parameters(self):
        return [self.weight, self.bias]

    def train(self, x):
        return F.linear(x.mean((2, 3)), self.weight.leaf, self.bias.leaf)

    def probe(self, x):
        return F.linear(x.mean((2, 3)), self.weight.frozen, self.bias.frozen)


class Supernet:
    """`candidates[block][candidate]`; None is `zero`, which leaves a block with a shortcut the identity."""

    def __init__(self, plan, weights):
        self.stem = ConvNorm(weights, 'stem', plan['stem']['stride'], 1, True)
        self.first = MbConv(weights, 'first', plan['first'])
        self.candidates = [
            [self._candidate(weights, i, block, candidate) for candidate in block['candidates']]
            for i, block in enumerate(plan['blocks'])
        ]
        self.head = ConvNorm(weights, 'head', 1, 1, True)
        self.classifier = Classifier(weights)

    @staticmethod
    def _candidate(weights, index, block, candidate):
        if candidate['op'] == 'zero':
            return None
        name = f'blocks.{index}.mbconv-k{candidate["kernel"]}-e{candidate["expansion"]}'
        return MbConv(weights, name, {**block, 'expansion': candidate['expansion']})

    def path(self, path):
        """The layers of one path in order, identities left out."""
        chosen = [candidates[k] for candidates, k in zip(self.candidates, path, strict=True)]
        return [self.stem, self.first, *(block for block in chosen if block), self.head, self.classifier]

    @property
    def parameters(self):
        blocks = [block for candidates in self.candidates for block in candidates if block]
        links = [self.stem, self.first, *blocks, self.head, self.classifier]
        return [parameter for link in links for parameter in link.parameters]
