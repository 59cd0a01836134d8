"""Trains text encoder and denoiser together on cached scenes. Resumes from denoiser.pt.

python3 train_denoiser.py --seconds 3600 --views half,crop --batch 16
The caption is worded anew for every use, and dropped in one of ten. A mask that is about a thing comes
mostly with a caption that names that thing first or alone. A share of samples masks the whole picture.
"""
import argparse
import functools
import json
import os

import numpy as np
import torch
from torch import nn

import cache
import common
import latents
import masks as shapes
import workers
import world
from bank import Bank
from bpe import open_tokenizer
from model import Denoiser, TextEncoder
from schedule import alphas

# small: what two shared cores can train; large: for a GPU, still within 24 MiB with the other parts
NETS = {
    "small": dict(width=64, mult=(1, 2, 2), blocks=1, attention=(0, 1, 1), context=128, heads=4),
    "large": dict(width=64, mult=(1, 2, 2, 2), blocks=1, attention=(0, 1, 1, 1), context=128, heads=4),
}
TEXT = dict(width=128, layers=2, heads=4)


class Both(nn.Module):
    def __init__(self, vocabulary, net):
        super().__init__()
        self.text, self.denoiser = TextEncoder(vocabulary, **TEXT), Denoiser(**NETS[net])

    @property
    def slow(self):
        """The part that learns in smaller steps; its weights come first."""
        return self.text


def make(net="small"):
    return Both(open_tokenizer().size, net)


def net_of(state):
    """The name of the network that a training state is of."""
    return state.get("net", "small") if state and isinstance(state.get("net", "small"), str) else "small"


def view_of(kind, pic, masks, about, rng):
    """(picture, masks (2, h, w), pixels per latent) of one way to look at a scene.

    half: the whole at half size; full: the whole; crop: half the side at full size around the thing that
    the first mask is about (falls back to half where that does not fit).
    """
    if kind == "full":
        return pic, masks, 8
    if kind == "crop" and about >= 0:
        s = pic.shape[0] // 2
        ys, xs = np.where(masks[0].any(1))[0], np.where(masks[0].any(0))[0]
        if ys[-1] - ys[0] < s - 8 and xs[-1] - xs[0] < s - 8:
            y = int(np.clip(rng.integers(ys[-1] - s + 1, ys[0] + 1), 0, s))
            x = int(np.clip(rng.integers(xs[-1] - s + 1, xs[0] + 1), 0, s))
            return pic[y:y + s, x:x + s], masks[:, y:y + s, x:x + s], 8
    return pic, masks, 16


class Scenes:
    """Samples for the denoiser from the cached shards of a set."""

    def __init__(self, which):
        self.which, self.files = which, []
        self.refresh()

    def refresh(self):
        for d in cache.shards(self.which)[len(self.files):]:
            f = lambda n: np.load(os.path.join(d, n + ".npy"), mmap_mode="r")
            self.files.append((f("images"), f("masks"), f("about"), json.load(open(os.path.join(d, "specs.json")))))

    def one(self, rng, kind):
        """(latent, mask, masked latent, caption)."""
        imgs, bits, abouts, specs = self.files[rng.integers(len(self.files))]
        i = int(rng.integers(len(imgs)))
        s, about, way = specs[i], int(abouts[i]), rng.random()
        masks = np.unpackbits(bits[i], axis=-1).astype(bool)
        pic, masks, size = view_of(kind, imgs[i], masks, about, rng)
        pic = latents.pixels(pic)
        cropped = pic.shape[0] < imgs.shape[1]
        only = about if about >= 0 and (cropped or rng.random() < 0.5) else None
        if kind == "full" and rng.random() < shapes.SIDES:
            m, only = shapes.outpaint(rng, *imgs.shape[1:3]), None
        elif way < 0.55 and about >= 0:
            m = masks[0]
        elif way < 0.75 and not cropped:
            m, only = np.ones_like(masks[0]), None
        elif way > 0.98:
            m = np.zeros_like(masks[0])
        else:
            m, only = masks[1], only if cropped else None
        z = latents.encode(pic, size)
        zm = latents.encode(pic * ~m[..., None], size)
        return z, m[::size, ::size], zm, world.caption(s, rng, only=only, places=not cropped)

    def batch(self, rng, n, kinds, token):
        """n samples of one latent size; kinds: names to draw from, all of one size unless full."""
        full = rng.random() < kinds.count("full") / len(kinds)
        small = [k for k in kinds if k != "full"] or ["full"]
        if full:
            n = max(n // 3, 2)
        rows = [self.one(rng, "full" if full else small[int(rng.integers(len(small)))]) for _ in range(n)]
        z, m, zm = (torch.from_numpy(np.stack([r[k] for r in rows]).astype(np.float32)) for k in range(3))
        ids = torch.tensor([token.encode("" if rng.random() < 0.1 else r[3]) for r in rows])
        return z, m[:, None], zm, ids


_cached = {}


def draw(rng, a, device):
    if "token" not in _cached:
        _cached.update(token=open_tokenizer(), alpha=alphas().float())
        _cached["data"] = Scenes("train") if device.type == "cpu" else Bank("train", _cached["token"], device)
    views = a.views.split(",")
    if device.type == "cpu":
        return _cached["data"].batch(rng, a.batch, views, _cached["token"])
    return _cached["data"].batch(a.batch, views[int(rng.integers(len(views)))])


def step_loss(model, rng, a):
    """v-prediction error; what lies outside the mask counts a tenth."""
    device = next(model.parameters()).device
    z, m, zm, ids = draw(rng, a, device)
    # stratified times, denser at high noise, where the picture is decided
    u = (torch.arange(len(z)) + torch.rand(len(z))) / len(z)
    t = (1000 * u ** 0.6).long().clamp(max=999).to(device)
    al = _cached["alpha"].to(device)[t][:, None, None, None]
    e = torch.randn_like(z)
    s, n = al.sqrt(), (1 - al).sqrt()
    with common.bf16(device):
        v = model.denoiser(torch.cat([s * z + n * e, m, zm], 1), t, model.text(ids))
    err = (v - (s * e - n * z)).pow(2)
    w = 0.1 + 0.9 * m
    # each sample counts the same: summed over the batch, whole pictures would drown the holes about one thing
    per = (err * w).sum((1, 2, 3)) / (w.sum((1, 2, 3)).clamp(min=32) * z.shape[1])
    return per.mean()


def evaluate(model, device):
    """The same error inside the mask on held-out scenes with fixed noise and times, by view."""
    if not cache.shards("held"):
        return {}
    if "held" not in _cached:
        _cached["held"] = Scenes("held")
    out, token, al0 = {}, open_tokenizer(), alphas().float()
    state = torch.get_rng_state()
    for kind in ("half", "crop", "full"):
        rng, total = np.random.default_rng(3), 0.0
        torch.manual_seed(3)
        for _ in range(3):
            z, m, zm, ids = _cached["held"].batch(rng, 12, [kind], token)
            t = ((torch.arange(len(z)) + 0.5) / len(z) * 1000).long()
            al = al0[t][:, None, None, None]
            e = torch.randn_like(z)
            with torch.no_grad(), common.bf16(device):
                p = model.denoiser(torch.cat([al.sqrt() * z + (1 - al).sqrt() * e, m, zm], 1).to(device), t.to(device), model.text(ids.to(device))).cpu()
            w = m.expand_as(z)
            total += (((p - (al.sqrt() * e - (1 - al).sqrt() * z)).pow(2) * w).sum() / w.sum()).item()
        out["held_" + kind] = total / 3
    torch.set_rng_state(state)
    return out


def main():
    ap = argparse.ArgumentParser()
    workers.options(ap, 3600, 4e-4, 16, 0.999, 300)
    ap.add_argument("--views", default="half,half,crop", help="drawn from with equal chance; full counts a third of a batch")
    ap.add_argument("--net", default="small", choices=list(NETS), help="of a new training; a resumed one keeps its own")
    a = ap.parse_args()
    old = common.load("denoiser.pt")
    net = net_of(old) if old else a.net
    workers.train("denoiser", functools.partial(make, net), step_loss, evaluate, a, common.start(1), dict(net=net))


if __name__ == "__main__":
    main()
