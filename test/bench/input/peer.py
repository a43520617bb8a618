"""Reads images as training with PyTorch does: a DataLoader with worker processes, torchvision's transforms on Pillow's
images, files on a local disk. Prints one JSON line: images, CPU and wall seconds, versions."""

import argparse
import json
import pathlib
import random
import resource
import time

import PIL
import torch
import torchvision
from torchvision import transforms

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("--images", type=int, required=True)
arguments.add_argument("--batch", type=int, required=True)
arguments.add_argument("--workers", type=int, required=True)
arguments.add_argument("--resolution", type=int, required=True)
given = arguments.parse_args()


class Images(torch.utils.data.Dataset):
    """`count` images: the folder's, shuffled, again and again."""

    def __init__(self, folder, count, transform):
        self.paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self.classes = {name: i for i, name in enumerate(sorted({path.parent.name for path in self.paths}))}
        self.order = []
        while len(self.order) < count:
            self.order += random.Random(len(self.order)).sample(range(len(self.paths)), len(self.paths))
        self.count = count
        self.transform = transform

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        path = self.paths[self.order[index]]
        with PIL.Image.open(path) as image:
            return self.transform(image.convert("RGB")), self.classes[path.parent.name]


def cpu_seconds():
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


training = transforms.Compose(
    [
        transforms.RandomResizedCrop(given.resolution, scale=(0.08, 1), ratio=(3 / 4, 4 / 3)),
        transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(brightness=32 / 255, saturation=0.5),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)
torch.manual_seed(1)
loader = torch.utils.data.DataLoader(
    Images(given.folder, given.images, training),
    batch_size=given.batch,
    num_workers=given.workers,
    drop_last=True,
)
start, cpu_before = time.perf_counter(), cpu_seconds()
images = 0
for batch, labels in loader:
    assert batch.shape[1:] == (3, given.resolution, given.resolution)
    images += len(labels)
wall = time.perf_counter() - start
# The workers' time counts once they have ended.
del loader
report = {
    "images": images,
    "cpuSeconds": cpu_seconds() - cpu_before,
    "wallSeconds": wall,
    "line": f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}",
}
print(json.dumps(report))
