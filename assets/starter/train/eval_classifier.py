"""A small judge of nouns, trained on the world: used by the evaluation, never shipped. judge.pt.

python3 eval_classifier.py --seconds 300      A crop around a mask, 64×64 → one of the twelve nouns.
"""
import argparse
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import common
import world
from words import NOUNS


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        c = [3, 24, 48, 96, 128]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(c, c[1:]))
        self.norms = nn.ModuleList(nn.GroupNorm(8, b) for b in c[1:])
        self.out = nn.Linear(128 * 16, len(NOUNS))

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms):
            x = F.max_pool2d(F.silu(norm(conv(x))), 2)
        return self.out(x.flatten(1))


def crop(img, mask):
    """The square around a mask, at 64×64, in [-1, 1], channels first."""
    ys, xs = np.where(mask.any(1))[0], np.where(mask.any(0))[0]
    cy, cx, r = (ys[0] + ys[-1]) // 2, (xs[0] + xs[-1]) // 2, max(ys[-1] - ys[0], xs[-1] - xs[0]) // 2 + 4
    p = np.pad(img, ((r, r), (r, r), (0, 0)), mode="edge")[cy:cy + 2 * r, cx:cx + 2 * r]
    p = np.asarray(Image.fromarray(p).resize((64, 64), Image.BILINEAR), np.float32)
    return p.transpose(2, 0, 1) / 127.5 - 1


def example(rng):
    """A picture of one thing in any style, blurred a little now and then, and its noun's number."""
    i = int(rng.integers(len(NOUNS)))
    from words import COLOURS
    colour = list(COLOURS)[rng.integers(len(COLOURS))]
    s = world.spec(int(rng.integers(1 << 40)), held=True, things_=[(NOUNS[i], colour)], style="plain")
    img, covers = world.render(s, 128)
    on = covers[0] > 0.5
    if on.sum() < 60:
        return example(rng)
    g = int(rng.integers(0, 12))
    ys, xs = np.where(on.any(1))[0], np.where(on.any(0))[0]
    m = np.zeros_like(on)
    m[max(ys[0] - g, 0):ys[-1] + g, max(xs[0] - g, 0):xs[-1] + g] = True
    if rng.random() < 0.5:
        k = int(rng.integers(64, 128))
        img = np.asarray(Image.fromarray(img).resize((k, k), Image.BILINEAR).resize((128, 128), Image.BILINEAR))
    x = crop(img, m)
    return x + rng.normal(0, 0.04 * rng.random(), x.shape), i


def open_judge():
    j = Judge()
    j.load_state_dict(common.load("judge.pt"))
    return j.eval()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seconds", type=float, default=300)
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    common.start(a.threads)
    rng, j = np.random.default_rng(1), Judge()
    if common.load("judge.pt"):
        j.load_state_dict(common.load("judge.pt"))
    opt, t, n, ok = torch.optim.AdamW(j.parameters(), 1e-3), time.process_time(), 0, 0.0
    while time.process_time() - t < a.seconds and not common.STOP:
        for g in opt.param_groups:
            g["lr"] = 1e-3 * max(0.05, 1 - (time.process_time() - t) / a.seconds)
        rows = [example(rng) for _ in range(24)]
        x, y = torch.tensor(np.stack([r[0] for r in rows]), dtype=torch.float32), torch.tensor([r[1] for r in rows])
        p = j(x)
        loss = F.cross_entropy(p, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        n, ok = n + 1, 0.98 * ok + 0.02 * (p.argmax(1) == y).float().mean().item()
        if n % 50 == 0:
            print(n, "right on fresh scenes", round(ok / (1 - 0.98 ** n), 3), flush=True)
    common.save("judge.pt", j.state_dict())


if __name__ == "__main__":
    main()
