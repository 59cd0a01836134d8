"""Judges pictures painted from prompts of one thing: is it the noun, and has it the colour, that the prompt names?

python3 eval_prompts.py [--seconds 300] [--truth DIR]
Reads names of folders, one a line, each with prompts.txt (a prompt a line) and 000.png, 001.png, …; answers each
with a line: the share of nouns that are right, of colour words followed, and how many were judged of each.
Nobody says where in such a picture the thing is, so this judge (finder.pt, trained first where it is missing) says of each
place which noun is there, if any. `--truth DIR` paints the scenes of DIR/prompts.txt as the world does: the ceiling.
"""
import argparse
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import common
import world
from eval_score import lab, nearest
from words import COLOURS, GROUNDS, NOUNS, TIMES

SIDE, CELLS = 96, 24


class Finder(nn.Module):
    """A picture (3, 96, 96) in [-1, 1] → scores (13, 24, 24): the nouns, and nothing."""

    def __init__(self):
        super().__init__()
        conv = lambda a, b, stride=1: nn.Sequential(nn.Conv2d(a, b, 3, stride, 1), nn.GroupNorm(8, b), nn.SiLU())
        self.fine = nn.Sequential(conv(3, 24, 2), conv(24, 48, 2), conv(48, 48))
        self.coarse = nn.Sequential(conv(48, 96, 2), conv(96, 96, 2), conv(96, 96), conv(96, 96))
        self.out = nn.Sequential(conv(144, 64), nn.Conv2d(64, len(NOUNS) + 1, 1))

    def forward(self, x):
        fine = self.fine(x)
        return self.out(torch.cat([fine, F.interpolate(self.coarse(fine), size=fine.shape[2:], mode="bilinear")], 1))


def small(img):
    """A picture at the finder's size, channels first, in [-1, 1]."""
    return np.asarray(Image.fromarray(img).resize((SIDE, SIDE), Image.BILINEAR), np.float32).transpose(2, 0, 1) / 127.5 - 1


def example(rng):
    """A picture of one thing, blurred a little now and then, and what is where: -1 at a thing's edge."""
    noun = int(rng.integers(len(NOUNS)))
    s = world.spec(int(rng.integers(1 << 40)), held=True, things_=[(NOUNS[noun], list(COLOURS)[rng.integers(len(COLOURS))])], style="plain")
    img, covers = world.render(s, SIDE)
    if rng.random() < 0.5:
        k = int(rng.integers(SIDE // 2, SIDE))
        img = np.asarray(Image.fromarray(img).resize((k, k), Image.BILINEAR))
    cover = covers[0].reshape(CELLS, SIDE // CELLS, CELLS, SIDE // CELLS).mean((1, 3))
    x = small(img)
    where = np.where(cover > 0.5, noun, np.where(cover > 0.1, -1, len(NOUNS)))
    return x + rng.normal(0, 0.04 * rng.random(), x.shape), where


def train(seconds):
    rng, f = np.random.default_rng(1), Finder()
    weight = torch.tensor([1.0] * len(NOUNS) + [0.1])  # most cells hold nothing
    opt, t, n, ok = torch.optim.AdamW(f.parameters(), 2e-3), time.process_time(), 0, 0.0
    while time.process_time() - t < seconds and not common.STOP:
        for g in opt.param_groups:
            g["lr"] = 2e-3 * max(0.03, 1 - (time.process_time() - t) / seconds)
        rows = [example(rng) for _ in range(16)]
        x, y = torch.tensor(np.stack([r[0] for r in rows]), dtype=torch.float32), torch.tensor(np.stack([r[1] for r in rows]))
        p = f(x)
        loss = F.cross_entropy(p, y, weight, ignore_index=-1)
        opt.zero_grad()
        loss.backward()
        opt.step()
        right = [noun_in(q) == w[w >= 0].min() for q, w in zip(p.detach().softmax(1).numpy(), y.numpy())]
        n, ok = n + 1, 0.98 * ok + 0.02 * np.mean(right)
        if n % 50 == 0:
            print(n, "right on fresh scenes", round(ok / (1 - 0.98 ** n), 3), file=sys.stderr, flush=True)
    if common.STOP:
        sys.exit("stopped before the judge had learnt")
    common.save("finder.pt", f.state_dict())


def noun_in(shares):
    """The number of the noun that takes most of a picture's cells; that of nothing where none takes half a cell."""
    total = shares[:-1].sum((1, 2))
    return int(total.argmax()) if total.max() > 0.5 else len(NOUNS)


def judge(finder, img, prompt):
    """Whether the picture has the prompt's noun, and its colour (None where the prompt names none)."""
    words = prompt.split()
    noun = next(i for i, n in enumerate(NOUNS) if n in words)
    with torch.no_grad():
        shares = finder(torch.from_numpy(small(img))[None]).softmax(1)[0].numpy()
    right = noun_in(shares) == noun
    colour = next((c for c in COLOURS if c in words[:2]), None)
    if colour is None:
        return right, None
    # the thing's pixels: what is surely something, whatever the noun; the edge would count the ground's colour
    cells = Image.fromarray(((1 - shares[-1]) * 255).astype(np.uint8))
    on = np.asarray(cells.resize(img.shape[1::-1], Image.BILINEAR)) > 0.85 * 255
    return right, on.sum() >= 40 and nearest(lab(img[on] / 255.0)) == colour


def judge_folder(finder, folder):
    nouns, colours = [], []
    for i, prompt in enumerate(open(os.path.join(folder, "prompts.txt")).read().splitlines()):
        noun, colour = judge(finder, np.asarray(Image.open(os.path.join(folder, f"{i:03d}.png")).convert("RGB")), prompt)
        nouns.append(noun)
        colours += [] if colour is None else [colour]
    return f"{np.mean(nouns):.3f} {np.mean(colours):.3f} {len(nouns)} {len(colours)}"


def paint_truth(folder):
    for i, prompt in enumerate(open(os.path.join(folder, "prompts.txt")).read().splitlines()):
        words = prompt.split()
        first = lambda of, other=None: next((w for w in of if w in words), other)
        s = world.spec(970_000_000 + i, held=True, things_=[(first(NOUNS), next((c for c in COLOURS if c in words[:2]), "grey"))],
                       backdrop="landscape", style="plain", ground=first(GROUNDS), time=first(TIMES))
        Image.fromarray(world.render(s)[0]).save(os.path.join(folder, f"{i:03d}.png"))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seconds", type=float, default=300)
    ap.add_argument("--truth")
    a = ap.parse_args()
    common.start(1)
    if a.truth:
        paint_truth(a.truth)
    if common.load("finder.pt") is None:
        train(a.seconds)
    finder = Finder()
    finder.load_state_dict(common.load("finder.pt"))
    finder.eval()
    for line in sys.stdin:
        print(judge_folder(finder, line.strip()), flush=True)


if __name__ == "__main__":
    main()
