"""Trains a supernet in PyTorch as published, answering requests on standard input, one JSON a line: see protocol.ts.

    python peer.py
"""

import json
import sys
import time

import torch

from files import WeightFile, read_raw
from network import Supernet
from steps import ArchitectureStep, WeightStep


class Peer:
    def setup(self, request):
        torch.set_num_threads(request['threads'])
        shape, files = request['shape'], request['files']
        batch, resolution = shape['batch'], shape['resolution']
        images = read_raw(files['images'], torch.float32, (batch, resolution, resolution, 3))
        # NHWC bytes under an NCHW shape: channels_last without a copy.
        self.images = images.permute(0, 3, 1, 2)
        self.labels = read_raw(files['labels'], torch.int32, (batch,)).long()
        supernet = Supernet(request['plan'], WeightFile(files['weights']))
        self.weight_step = WeightStep(supernet, request['learningRate'])
        self.architecture_step = ArchitectureStep(
            supernet, request['logits'], request['costs'], request['learningRate']
        )
        return {'line': f'PyTorch {torch.__version__}, threads: {torch.get_num_threads()}'}

    def weight(self, request):
        def step():
            return self.weight_step(request['path'], self.images, self.labels), None

        return timed(step, request['repeats'])

    def architecture(self, request):
        def step():
            return self.architecture_step(request['pairs'], self.images, self.labels)

        return timed(step, request['repeats'])

    def memory(self, request):
        """Of the whole process, as the kernel counts it (in units of 1,024 bytes)."""
        with open('/proc/self/status') as status:
            kilobytes = dict(line.split(':', 1) for line in status if line.startswith('Vm'))
        bytes_of = {name: 1024 * int(value.split()[0]) for name, value in kilobytes.items()}
        return {'peakRssBytes': bytes_of['VmHWM'], 'rssBytes': bytes_of['VmRSS']}


def timed(step, repeats):
    """Wall ms and loss of each step; the gradient of the first."""
    times, losses, gradients = [], [], []
    for _ in range(repeats):
        start = time.perf_counter()
        loss, gradient = step()
        times.append(1000 * (time.perf_counter() - start))
        losses.append(loss)
        gradients.append(gradient)
    answer = {'ms': times, 'losses': losses}
    return answer if gradients[0] is None else {**answer, 'gradient': gradients[0].tolist()}


def main():
    peer = Peer()
    handlers = {'setup': peer.setup, 'weight': peer.weight, 'architecture': peer.architecture, 'memory': peer.memory}
    for line in sys.stdin:
        request = json.loads(line)
        if request['do'] == 'quit':
            return
        try:
            answer = handlers[request['do']](request)
        except Exception as error:  # noqa: BLE001 - the driver says what went wrong
            answer = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(answer), flush=True)


main()
