"""Readers of what both sides share: a safetensors file, raw images and labels. One tensor in memory at a time."""

import json

import torch


def read_raw(path, dtype, shape):
    """A file of plain little-endian numbers."""
    with open(path, 'rb') as file:
        return torch.frombuffer(bytearray(file.read()), dtype=dtype).view(shape)


class WeightFile:
    """Reads tensors by name. Layout: an 8-byte header length, a JSON header, the tensors' bytes."""

    def __init__(self, path):
        self.file = open(path, 'rb')
        header_bytes = int.from_bytes(self.file.read(8), 'little')
        self.header = json.loads(self.file.read(header_bytes))
        self.data_start = 8 + header_bytes

    def read(self, name):
        entry = self.header[name]
        begin, end = entry['data_offsets']
        self.file.seek(self.data_start + begin)
        assert entry['dtype'] == 'F32', f'{name} holds {entry["dtype"]}'
        # A copy, so that the memory is aligned and PyTorch's own.
        return torch.frombuffer(bytearray(self.file.read(end - begin)), dtype=torch.float32).view(entry['shape']).clone()
