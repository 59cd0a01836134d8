"""Pre-rendered shards of the world, so that training never waits for the painter.

A shard is DIR/SET/NNNN/: images.npy (n, 256, 256, 3) uint8, masks.npy (n, 2, 256, 32) packed bits (the
first about a thing where there is one, the second anywhere), about.npy (n,) the thing the first mask
covers or -1, specs.json. Run: python3 cache.py [--set train] [--shards 24] [--size 256] [--from 0]
"""
import argparse
import json
import os
import time

import numpy as np

import masks
import world

PER = 1000
SEED = {"train": 1_000_000, "held": 900_000_000}


def home():
    return os.environ.get("PENTIMENTO_TRAIN_DIR") or os.path.expanduser("~/.cache/pentimento-train")


def scene(which, k):
    """Scene number k of a set; the held set alternates held-out combinations and unseen ordinary scenes."""
    return world.spec(SEED[which] + k, held=which == "held" and k % 2 == 0)


def write(which, shard, per, size):
    d = os.path.join(home(), which, f"{shard:04d}")
    if os.path.exists(os.path.join(d, "specs.json")):
        return
    os.makedirs(d, exist_ok=True)
    imgs = np.zeros((per, size, size, 3), np.uint8)
    bits = np.zeros((per, 2, size, size // 8), np.uint8)
    about, specs = np.zeros(per, np.int8), []
    for i in range(per):
        s = scene(which, shard * PER + i)
        imgs[i], covers = world.render(s, size)
        rng = np.random.default_rng([s["seed"], 5])
        m, about[i] = masks.for_scene(rng, s, covers)
        bits[i] = np.packbits(np.stack([m, masks.anywhere(rng, size, size)]), axis=-1)
        specs.append(s)
    np.save(os.path.join(d, "images.npy"), imgs)
    np.save(os.path.join(d, "masks.npy"), bits)
    np.save(os.path.join(d, "about.npy"), about)
    tmp = os.path.join(d, "specs.tmp")
    json.dump(specs, open(tmp, "w"))
    os.replace(tmp, os.path.join(d, "specs.json"))


def shards(which):
    """Folders of the finished shards of a set, in order."""
    top = os.path.join(home(), which)
    if not os.path.isdir(top):
        return []
    return [p for p in (os.path.join(top, n) for n in sorted(os.listdir(top))) if os.path.exists(os.path.join(p, "specs.json"))]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--set", default="train", choices=list(SEED))
    ap.add_argument("--shards", type=int, default=24)
    ap.add_argument("--from", dest="first", type=int, default=0)
    ap.add_argument("--per", type=int, default=PER)
    ap.add_argument("--size", type=int, default=256)
    a = ap.parse_args()
    for k in range(a.first, a.first + a.shards):
        t = time.time()
        write(a.set, k, a.per, a.size)
        print(f"{a.set} shard {k}: {time.time() - t:.0f} s", flush=True)


if __name__ == "__main__":
    main()
