"""Scores the PNGs of an evaluation folder (see eval_tasks.py): python3 eval_score.py DIR [--of truth].

`--of truth` scores the world's own pictures: the ceiling of each measure.
"""
import argparse
import collections
import json
import os

import numpy as np
import torch
from PIL import Image

from eval_classifier import crop, open_judge
from words import COLOURS, NOUNS


def lab(rgb):
    """sRGB in [0, 1] → CIE Lab (D65)."""
    c = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = c @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]]) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


PALETTE = lab(np.stack(list(COLOURS.values())).astype(float))


def nearest(pixels):
    """The colour word that most of some pixels (n, 3) in Lab are nearest to; their lightness says less than their hue."""
    d = (pixels[:, None] - PALETTE[None]) * [0.55, 1, 1]
    return list(COLOURS)[np.bincount((d ** 2).sum(-1).argmin(1), minlength=len(PALETTE)).argmax()]


def colour_word(img, before, mask):
    """The colour word that most of the changed pixels inside the mask are nearest to; '' when little changed."""
    a, b = lab(img / 255.0), lab(before / 255.0)
    changed = mask & (np.sqrt(((a - b) ** 2).sum(-1)) > 14)
    if changed.sum() < 40:
        return ""
    return nearest(a[changed])


def seam(img, truth, mask):
    """Mean gradient across the mask's border, against the same border in the true picture."""
    g = lambda p, ax: np.abs(np.diff(p.astype(float), axis=ax)).mean(-1)
    cut = [mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]]
    if cut[0].sum() + cut[1].sum() < 20:
        return None
    total = lambda p: sum((g(p, ax) * cut[ax]).sum() for ax in (0, 1)) + 1e-6
    return total(img) / total(truth)


def profile(img):
    """Mean colour of every row (h, 3), smoothed over 5 rows."""
    rows = np.pad(img.astype(float).mean(1), ((2, 2), (0, 0)), mode="edge")
    return np.stack([np.convolve(rows[:, c], np.ones(5) / 5, "valid") for c in range(3)], 1)


def shift(side, given, row, around=40, most=64):
    """By how many rows the profile of `given` within `around` of `row` must move to match `side` best.

    Normalised correlation without the mean, so that a brighter or bluer side is not taken for a moved one.
    """
    a, b = profile(side), profile(given)
    y0, y1 = max(row - around, 0), min(row + around, len(b))
    centred = lambda p: p - p.mean(0)
    want, best = centred(b[y0:y1]), (-2.0, 0)
    for s in range(max(-most, -y0), min(most, len(a) - y1) + 1):
        x = centred(a[y0 + s:y1 + s])
        best = max(best, ((x * want).sum() / np.sqrt((x ** 2).sum() * (want ** 2).sum() + 1e-9), s))
    return best[1]


# columns of an outpaint's two painted sides, and of what was given beside each
SIDES = [(slice(16, 112), slice(128, 176)), (slice(400, 496), slice(336, 384))]


def horizon_offset(img, truth, horizon):
    """How far the horizon of the painted sides lies from that of the given middle, in pixels.

    The middle is looked at in the true picture: an outpaint may bite a little into what was given.
    """
    return np.mean([abs(shift(img[:, side], truth[:, given], horizon)) for side, given in SIDES])


def score(folder, of):
    tasks = json.load(open(os.path.join(folder, "tasks.json")))
    read = lambda p: np.asarray(Image.open(os.path.join(folder, p)).convert("RGB"))
    judge = open_judge()
    rows = collections.defaultdict(list)
    missing = 0
    for t in tasks:
        path = f"{of}/{t['id']}.png"
        if not os.path.exists(os.path.join(folder, path)):
            missing += 1
            continue
        img, before, truth = read(path), read(t["picture"]), read(f"truth/{t['id']}.png")
        mask = np.asarray(Image.open(os.path.join(folder, t["mask"])).convert("L")) > 127
        kind = t["kind"]
        if kind.startswith("colour"):
            rows[kind].append(colour_word(img, before, mask) == t["colour"])
        if kind in ("subject", "held", "colour-cfg1", "colour-empty"):
            with torch.no_grad():
                said = NOUNS[judge(torch.from_numpy(crop(img, mask))[None])[0].argmax()]
            rows[kind if kind in ("subject", "held") else "subject" + kind[6:]].append(said == t["noun"])
        if kind == "seam" and (r := seam(img, truth, mask)) is not None:
            rows[kind].append(r)
        if kind == "outpaint":
            rows[kind].append(horizon_offset(img, truth, round(t["horizon"] * img.shape[0])))
    out = {k: float(np.median(v) if k in ("seam", "outpaint") else np.mean(v)) for k, v in rows.items()}
    return out, {k: len(v) for k, v in rows.items()}, missing


REACH = {"colour": "≥ 0.85", "subject": "≥ 0.75", "held": "≥ 0.60", "seam": "≤ 1.3", "outpaint": "≤ 6 px"}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dir")
    ap.add_argument("--of", default="out", choices=["out", "truth"])
    a = ap.parse_args()
    values, counts, missing = score(a.dir, a.of)
    for k, v in values.items():
        print(f"{k:15} {v:7.3f}  of {counts[k]:4d}   wanted {REACH.get(k, '(for comparison)')}")
    if missing:
        print(missing, "tasks have no picture")
    json.dump(values, open(os.path.join(a.dir, f"score-{a.of}.json"), "w"))


if __name__ == "__main__":
    main()
