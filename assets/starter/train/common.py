"""What every training stage shares: checkpoints that survive any second, logs, devices, the shard reader."""
import json
import os
import signal
import time

import numpy as np
import torch

import cache

STOP = []


def on_term(*_):
    STOP.append(1)


def start(threads):
    """Sets the stage up to be stopped politely; returns the device."""
    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGINT, on_term)
    torch.set_num_threads(threads)
    torch.manual_seed(int(time.time()))
    os.makedirs(cache.home(), exist_ok=True)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def path(name):
    return os.path.join(cache.home(), name)


def save(name, state):
    """Writes a checkpoint beside the old one and swaps them: at any second one whole file stands."""
    tmp = path(name) + ".tmp"
    with open(tmp, "wb") as f:
        torch.save(state, f)
        f.flush()
        os.fsync(f.fileno())
    os.replace(tmp, path(name))


def load(name, device="cpu"):
    return torch.load(path(name), map_location=device) if os.path.exists(path(name)) else None


def log(name, **row):
    row = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
    with open(path(name), "a") as f:
        f.write(json.dumps(row) + "\n")
    print(row, flush=True)


def bf16(device):
    return torch.autocast(device.type, dtype=torch.bfloat16)


class Pictures:
    """Random pictures of a set; finished shards join as the painter delivers them."""

    def __init__(self, which, rng):
        self.which, self.rng, self.files, self.seen = which, rng, [], 0.0
        self.refresh()

    def refresh(self):
        if time.time() - self.seen < 60:
            return
        self.seen = time.time()
        for d in cache.shards(self.which)[len(self.files):]:
            self.files.append(np.load(os.path.join(d, "images.npy"), mmap_mode="r"))

    def some(self, n):
        self.refresh()
        for _ in range(n):
            f = self.files[self.rng.integers(len(self.files))]
            yield f[self.rng.integers(len(f))]
