"""Every cached scene on a GPU, and samples made there: numpy would keep a large GPU waiting.

The same views, masks and captions as train_denoiser.Scenes, drawn and encoded in whole batches. Captions
are worded and tokenised once, several ways per scene. 24,000 scenes take about 5 GB of the device's memory.
"""
import json
import os

import numpy as np
import torch

import cache
import latents
import masks as shapes
import world


def encode(pic, size):
    """latents.encode for a batch (n, h, w, 3) in [-1, 1]."""
    n, h, w = pic.shape[0], pic.shape[1] // size, pic.shape[2] // size
    halves = pic.reshape(n, h, 2, size // 2, w, size, 3).mean((3, 5))
    luma = torch.from_numpy(latents.LUMA).to(pic)
    b = torch.cat([halves.mean(2), ((halves[:, :, 0] - halves[:, :, 1]) @ luma)[..., None]], -1)
    mix, mean, spread = (torch.from_numpy(v).to(pic) for v in (latents.MIX, latents.MEAN, latents.SPREAD))
    return ((b @ mix.T - mean) / spread).permute(0, 3, 1, 2)


class Bank:
    def __init__(self, which, token, device, wordings=4):
        images, masks, about, ids = [], [], [], []
        for d in cache.shards(which):
            f = lambda n: np.load(os.path.join(d, n + ".npy"))
            a = f("about")
            images.append(torch.from_numpy(f("images")).to(device))
            masks.append(torch.from_numpy(f("masks")).to(device))
            about.append(torch.from_numpy(a.astype(np.int64)))
            for s, k in zip(json.load(open(os.path.join(d, "specs.json"))), a):
                rng, k = np.random.default_rng(s["seed"]), int(k) if k >= 0 else None
                ids.append([[token.encode(world.caption(s, rng, only=o, places=p)) for _ in range(wordings)]
                            for o, p in ((None, True), (k, True), (k, False))])
        self.images, self.masks = torch.cat(images), torch.cat(masks)
        self.about = torch.cat(about).to(device)
        self.ids = torch.tensor(ids, dtype=torch.int16, device=device)  # scene, (whole, thing, thing without place), wording, 77
        self.empty = torch.tensor(token.encode(""), device=device)
        rng = np.random.default_rng(7)
        self.sides = torch.from_numpy(np.stack([shapes.outpaint(rng, *self.images.shape[1:3]) for _ in range(1024)])).to(device)
        self.device = device

    def batch(self, n, kind):
        """(latent, mask (n, 1, h, w), masked latent, ids) of one view."""
        r = lambda: torch.rand(n, device=self.device)
        i = torch.randint(len(self.images), (n,), device=self.device)
        if kind == "crop":  # only scenes whose first mask is about a thing
            i = torch.nonzero(self.about >= 0)[:, 0][(r() * (self.about >= 0).sum()).long()]
        pic = self.images[i].float() / 127.5 - 1
        bits = torch.arange(7, -1, -1, device=self.device)
        both = ((self.masks[i][..., None] >> bits) & 1).flatten(3).bool()
        has = self.about[i] >= 0
        way = r()
        one = (way < 0.55) & has
        whole = ~one & (way < 0.75) & (kind != "crop")
        m = torch.where(one[:, None, None], both[:, 0], both[:, 1])
        m = torch.where(whole[:, None, None], True, m) & ~(way > 0.98)[:, None, None]
        if kind == "full":
            side = r() < shapes.SIDES
            m = torch.where(side[:, None, None], self.sides[torch.randint(len(self.sides), (n,), device=self.device)], m)
            one &= ~side
        words = torch.where(one & has & (r() < 0.5), 1, 0) if kind != "crop" else torch.full_like(i, 2)
        size = 16 if kind == "half" else 8
        if kind == "crop":
            pic, m = self.window(pic, m, both[:, 0])
        z, zm = encode(pic, size), encode(pic * ~m[..., None], size)
        ids = self.ids[i, words, torch.randint(self.ids.shape[2], (n,), device=self.device)].long()
        ids = torch.where((r() < 0.1)[:, None], self.empty, ids)
        return z, m[:, None, ::size, ::size].float(), zm, ids

    def window(self, pic, m, thing):
        """128 pixels around the middle of a thing, shifted at random by up to 40."""
        n, s = len(pic), pic.shape[1] // 2
        ax = torch.arange(pic.shape[1], device=self.device).float()
        at = []
        for dim in (2, 1):
            on = thing.any(dim).float()
            at.append(((on * ax).sum(1) / on.sum(1).clamp(min=1) - s / 2 + (torch.rand(n, device=self.device) - 0.5) * 80).clamp(0, s).long())
        y, x = (a[:, None] + torch.arange(s, device=self.device) for a in at)
        k = torch.arange(n, device=self.device)[:, None, None]
        return pic[k, y[:, :, None], x[:, None]], m[k, y[:, :, None], x[:, None]]
