"""Runs an evaluation folder's tasks with the sampler of this folder: python3 eval_paint.py DIR [--steps 12].

The figures that count are made by the program's own pipeline; this is for looking during training.
"""
import argparse
import collections
import json
import os

import numpy as np
import torch
from PIL import Image

import latents
from bpe import open_tokenizer
from export import load_parts
from preview import paint


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dir")
    ap.add_argument("--steps", type=int, default=12)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--cfg", type=float, default=None)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    parts, token = load_parts(), open_tokenizer()
    groups = collections.defaultdict(list)
    for t in json.load(open(os.path.join(a.dir, "tasks.json"))):
        groups[t["cfg"], t["kind"] == "outpaint"].append(t)
    for (cfg, _), tasks in groups.items():
        for i in range(0, len(tasks), 4):
            part = tasks[i:i + 4]
            pics = np.stack([latents.pixels(np.asarray(Image.open(os.path.join(a.dir, t["picture"])))) for t in part])
            m = np.stack([np.asarray(Image.open(os.path.join(a.dir, t["mask"]))) > 127 for t in part])
            done = paint(parts, token, [t["prompt"] for t in part], m, pics, a.steps, a.cfg if a.cfg and cfg > 1 else cfg, seed=part[0]["seed"])
            for t, d in zip(part, done):
                Image.fromarray(((d + 1) * 127.5).round().clip(0, 255).astype(np.uint8)).save(os.path.join(a.dir, "out", t["id"] + ".png"))


if __name__ == "__main__":
    main()
