"""Training steps as published: one path of weights, or the logits of two candidates per choice block.

Cai, Zhu, Han, "ProxylessNAS: Direct Neural Architecture Search on Target Task and Hardware" (ICLR 2019).
"""

import torch
from torch.nn import functional as F

WEIGHT_DECAY = 4e-5
LABEL_SMOOTHING = 0.1


class WeightStep:
    """SGD with Nesterov momentum on the sampled path alone: elsewhere no gradient, no decay, no momentum decay."""

    def __init__(self, supernet, learning_rate):
        self.supernet = supernet
        parameters = supernet.parameters
        groups = [
            {'params': [p.leaf for p in parameters if p.decays], 'weight_decay': WEIGHT_DECAY},
            {'params': [p.leaf for p in parameters if not p.decays], 'weight_decay': 0.0},
        ]
        self.optimizer = torch.optim.SGD(groups, lr=learning_rate, momentum=0.9, nesterov=True, fused=True)
        for parameter in parameters:
            # After a search's first steps every candidate has its momentum; written, so that it is in memory from
            # the start. From zeros the first step is the one that PyTorch takes without a buffer.
            momentum = torch.empty_like(parameter.leaf).fill_(0.0)
            self.optimizer.state[parameter.leaf]['momentum_buffer'] = momentum

    def __call__(self, path, images, labels):
        links = self.supernet.path(path)
        x = images
        for link in links:
            x = link.train(x)
        loss = F.cross_entropy(x, labels, label_smoothing=LABEL_SMOOTHING)
        loss.backward()
        # The optimizer passes over parameters without a gradient.
        self.optimizer.step()
        for link in links:
            for parameter in link.parameters:
                parameter.leaf.grad = None
        return loss.item()


class Gate(torch.autograd.Function):
    """y as it is, and in the backward pass the gradient of both candidates' gates: <output, dL/dy>.

    The inactive candidate runs in the backward pass, where dL/dy is known, and leaves nothing behind: an architecture
    step needs the memory of one path. Both outputs count the shortcut in: what they share cancels in the logits.
    """

    @staticmethod
    def forward(ctx, x, y, gates, inactive):
        ctx.save_for_backward(x, y)
        ctx.inactive = inactive
        return y.view_as(y)

    @staticmethod
    def backward(ctx, dy):
        x, y = ctx.saved_tensors
        with torch.no_grad():
            other = ctx.inactive.probe(x) if ctx.inactive else x
            gates = torch.stack([inner(y, dy), inner(other, dy)])
        return None, dy, gates, None


def inner(a, b):
    """Sum of products; both are dense in the same channels_last order, so that their memory is read as it lies."""
    return torch.dot(flat(a), flat(b))


def flat(x):
    return x.permute(0, 2, 3, 1).reshape(-1)


class ArchitectureStep:
    """The gradient form: cross entropy and expected cost, Adam without first moment, pairs rescaled."""

    def __init__(self, supernet, logits, costs, learning_rate):
        self.supernet = supernet
        width = max(len(block) for block in logits)
        # One tensor [blocks, candidates], padded with candidates of probability 0.
        self.logits = torch.full((len(logits), width), -torch.inf, dtype=torch.float64)
        self.costs = torch.zeros_like(self.logits)
        for row, (block, cost) in enumerate(zip(logits, costs, strict=True)):
            self.logits[row, : len(block)] = torch.tensor(block, dtype=torch.float64)
            self.costs[row, : len(cost)] = torch.tensor(cost, dtype=torch.float64)
        self.optimizer = torch.optim.Adam([self.logits], lr=learning_rate, betas=(0.0, 0.999), eps=1e-8)

    def __call__(self, pairs, images, labels):
        """`pairs[block]`: two candidates, which of them is active (0 or 1), p of the two. Loss and dCE/dlogits."""
        loss, gate_gradients = self._gate_gradients(pairs, images, labels)
        rows = torch.arange(len(pairs)).unsqueeze(1)
        pair = torch.tensor([one['pair'] for one in pairs])
        p = torch.tensor([one['p'] for one in pairs], dtype=torch.float64)
        # dL/da_i = sum over j of dL/dg_j p_j (delta_ij - p_i), over the two.
        of_pair = p * (gate_gradients - (p * gate_gradients).sum(1, keepdim=True))
        gradient = torch.zeros_like(self.logits)
        gradient[rows, pair] = of_pair
        self.logits.grad = gradient + self._cost_gradient()
        before = torch.logsumexp(self.logits[rows, pair], 1, keepdim=True)
        self.optimizer.step()
        self.logits[rows, pair] -= torch.logsumexp(self.logits[rows, pair], 1, keepdim=True) - before
        return loss, gradient

    def _gate_gradients(self, pairs, images, labels):
        supernet = self.supernet
        x = supernet.first.probe(supernet.stem.probe(images))
        gates = [torch.ones(2, requires_grad=True) for _ in pairs]
        for candidates, one, gate in zip(supernet.candidates, pairs, gates, strict=True):
            active, inactive = (candidates[k] for k in one['pair'][:: 1 if one['active'] == 0 else -1])
            y = active.probe(x) if active else x
            x = Gate.apply(x, y, gate, inactive)
        loss = F.cross_entropy(supernet.classifier.probe(supernet.head.probe(x)), labels)
        # In the order (active, inactive); as drawn where the second one was active: reversed.
        gradients = torch.autograd.grad(loss, gates)
        ordered = [g if one['active'] == 0 else g.flip(0) for g, one in zip(gradients, pairs, strict=True)]
        return loss.item(), torch.stack(ordered).double()

    def _cost_gradient(self):
        """Of the sum over blocks of the expected cost: p_i (T_i - sum over j of p_j T_j)."""
        p = torch.softmax(self.logits, 1)
        return p * (self.costs - (p * self.costs).sum(1, keepdim=True))
