"""Trains text encoder and denoiser together on cached latents. Resumes from denoiser.pt.

python3 train_denoiser.py --seconds 3600 --views half,crop --batch 16
The caption is worded anew for every use, and dropped in one of ten. A mask that is about a thing comes
mostly with a caption that names that thing first or alone. A share of samples masks the whole picture.
"""
import argparse
import glob
import json
import os

import numpy as np
import torch
from torch import nn

import cache
import common
import workers
import world
from bpe import open_tokenizer
from model import Denoiser, TextEncoder
from schedule import alphas

NET = dict(width=64, mult=(1, 2, 2), blocks=1, attention=(0, 1, 1), context=128, heads=4)
TEXT = dict(width=128, layers=2, heads=4)


class Both(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.text, self.denoiser = TextEncoder(vocabulary, **TEXT), Denoiser(**NET)


def make():
    return Both(open_tokenizer().size)


class Latents:
    """All encoded views of a set in memory, by view."""

    def __init__(self, which, views):
        self.views, self.specs, self.blank = [], {}, {}
        for view in views:
            for f in sorted(glob.glob(common.path(os.path.join("latents", which, view, "*.npz")))):
                if f.endswith(".tmp.npz"):
                    continue
                d, name = dict(np.load(f)), os.path.basename(f)[:-4]
                if name not in self.specs:
                    self.specs[name] = json.load(open(os.path.join(cache.home(), which, name, "specs.json")))
                self.views.append((view, d, self.specs[name]))
        sizes = np.array([len(v[1]["z"]) for v in self.views], float)
        self.p = sizes / sizes.sum()

    def grey(self, side):
        """The latent of an all-grey picture."""
        if side not in self.blank:
            import encode
            z = encode.encode(encode.freeze(), np.full((1, side * 8, side * 8, 3), 127.5, np.float32))
            self.blank[side] = z.numpy()[0].astype(np.float16)
        return self.blank[side]

    def one(self, rng, view, d, specs):
        """(latent, mask, masked latent, caption) of a random row of a file."""
        i = int(rng.integers(len(d["z"])))
        k = int(d["index"][i])
        s, about = specs[k], int(d["about"][k])
        kind, cropped = rng.random(), view == "crop"
        only = about if cropped or rng.random() < 0.6 else None
        if kind < 0.16 and not cropped:
            side = d["z"].shape[-1]
            return d["z"][i], np.ones((side, side), bool), self.grey(side), world.caption(s, rng)
        if kind < 0.66 and about >= 0:
            return d["z"][i], d["m"][i, 0], d["zm"][i, 0], world.caption(s, rng, only=only, places=not cropped)
        if kind > 0.98:
            side = d["z"].shape[-1]
            return d["z"][i], np.zeros((side, side), bool), d["z"][i], world.caption(s, rng, only=about if cropped else None, places=not cropped)
        return d["z"][i], d["m"][i, 1], d["zm"][i, 1], world.caption(s, rng, only=about if cropped else None, places=not cropped)

    def batch(self, rng, n, token):
        """Rows of one latent size."""
        v = self.views[int(rng.choice(len(self.views), p=self.p))]
        side = v[1]["z"].shape[-1]
        group = [f for f in self.views if f[1]["z"].shape[-1] == side]
        rows = [self.one(rng, *group[int(rng.integers(len(group)))]) for _ in range(n)]
        z, m, zm = (torch.from_numpy(np.stack([r[k] for r in rows]).astype(np.float32)) for k in range(3))
        ids = torch.tensor([token.encode("" if rng.random() < 0.1 else r[3]) for r in rows])
        return z, m[:, None], zm, ids


_cached = {}


def step_loss(model, rng, a):
    """v-prediction error; what lies outside the mask counts a quarter."""
    if not _cached:
        _cached.update(data=Latents("train", a.views.split(",")), token=open_tokenizer(), alpha=alphas().float())
    device = next(model.parameters()).device
    z, m, zm, ids = (t.to(device) for t in _cached["data"].batch(rng, a.batch, _cached["token"]))
    # stratified times, a little denser at high noise, where the picture is decided
    u = (torch.arange(len(z)) + torch.rand(len(z))) / len(z)
    t = (1000 * u ** 0.85).long().clamp(max=999).to(device)
    al = _cached["alpha"].to(device)[t][:, None, None, None]
    e = torch.randn_like(z)
    s, n = al.sqrt(), (1 - al).sqrt()
    with common.bf16(device):
        v = model.denoiser(torch.cat([s * z + n * e, m, zm], 1), t, model.text(ids))
    err = (v - (s * e - n * z)).pow(2)
    w = 0.25 + 0.75 * m
    return (err * w).sum() / (w.sum() * z.shape[1])


def evaluate(model, device):
    """The same error on held-out scenes with fixed noise and times; mean over the batches."""
    views = [v for v in ("half", "crop", "full") if os.path.isdir(common.path(f"latents/held/{v}"))]
    if not views:
        return {}
    if "held" not in _cached:
        _cached["held"] = {v: Latents("held", [v]) for v in views}
    out, token, al0 = {}, open_tokenizer(), alphas().float()
    state = torch.get_rng_state()
    for v, data in _cached["held"].items():
        rng, total = np.random.default_rng(3), 0.0
        torch.manual_seed(3)
        for _ in range(4):
            z, m, zm, ids = data.batch(rng, 16, token)
            t = ((torch.arange(16) + 0.5) / 16 * 1000).long()
            al = al0[t][:, None, None, None]
            e = torch.randn_like(z)
            with torch.no_grad(), common.bf16(device):
                p = model.denoiser(torch.cat([al.sqrt() * z + (1 - al).sqrt() * e, m, zm], 1).to(device), t.to(device), model.text(ids.to(device))).cpu()
            w = m.expand_as(z)
            total += (((p - (al.sqrt() * e - (1 - al).sqrt() * z)).pow(2) * w).sum() / w.sum()).item()
        out["held_" + v] = total / 4
    torch.set_rng_state(state)
    return out


def main():
    ap = argparse.ArgumentParser()
    workers.options(ap, 3600, 6e-4, 16, 0.9995)
    ap.add_argument("--views", default="half,crop")
    a = ap.parse_args()
    workers.train("denoiser", make, step_loss, evaluate, a, common.start(1), dict(net=NET, text=TEXT))


if __name__ == "__main__":
    main()
