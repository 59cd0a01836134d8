"""Trains the autoencoder on crops of the world. Resumes from its own checkpoint (autoencoder.pt).

python3 train_autoencoder.py --seconds 2400    (training seconds in all, over which the step size decays)
"""
import argparse
import math

import numpy as np
import torch
import torch.nn.functional as F

import common
import workers
from autoencoder import Autoencoder
from common import Pictures


def batch(pics, rng, n, size):
    """Crops (some of the picture at half size, some with a grey hole) as (n, 3, size, size) in [-1, 1]."""
    out = np.empty((n, size, size, 3), np.float32)
    for i, p in enumerate(pics.some(n)):
        if rng.random() < 0.25 and p.shape[0] >= 2 * size:
            y, x = rng.integers(0, p.shape[0] - 2 * size + 1), rng.integers(0, p.shape[1] - 2 * size + 1)
            c = p[y:y + 2 * size, x:x + 2 * size].astype(np.float32)
            c = c.reshape(size, 2, size, 2, 3).mean((1, 3))
        else:
            y, x = rng.integers(0, p.shape[0] - size + 1), rng.integers(0, p.shape[1] - size + 1)
            c = p[y:y + size, x:x + size].astype(np.float32)
        c = c / 127.5 - 1
        if rng.random() < 0.12:
            a, b = np.sort(rng.integers(0, size + 1, 2)), np.sort(rng.integers(0, size + 1, 2))
            c[a[0]:a[1], b[0]:b[1]] = 0
        out[i] = c[:, ::-1] if rng.random() < 0.5 else c
    return torch.from_numpy(out).permute(0, 3, 1, 2).contiguous()


def loss_of(x, y, mean, logvar, kl):
    """L1 at four scales, squared error, gradients, and a little Kullback-Leibler."""
    e = y - x
    total, d = e.abs().mean() + 2.0 * e.pow(2).mean(), e
    for _ in range(3):
        d = F.avg_pool2d(d, 2)
        total = total + 0.5 * d.abs().mean()
    total = total + 0.5 * ((e[..., 1:] - e[..., :-1]).abs().mean() + (e[..., 1:, :] - e[..., :-1, :]).abs().mean())
    k = 0.5 * (mean.pow(2) + logvar.exp() - 1 - logvar).mean()
    return total + kl * k


@torch.no_grad()
def psnr(model, device, count=16):
    """PSNR of held-out 256-pixel pictures through the mean latent, rounded to 8 bits; mean of dB."""
    rng = np.random.default_rng(0)
    total = 0.0
    for p in Pictures("held", rng).some(count):
        x = torch.from_numpy(p.astype(np.float32)).permute(2, 0, 1)[None].to(device) / 127.5 - 1
        with common.bf16(device):
            y = model.decode(model.moments(x)[0]).float()
        e = ((x - (y.clamp(-1, 1) * 127.5).round() / 127.5) / 2).pow(2).mean().item()
        total += -10 * math.log10(max(e, 1e-9))
    return dict(psnr=total / count)


_pics = []


def step_loss(model, rng, a):
    if not _pics:
        _pics.append(Pictures("train", rng))
    device = next(model.parameters()).device
    x = batch(_pics[0], rng, a.batch, a.crop).to(device)
    with common.bf16(device):
        mean, logvar = model.moments(x)
        y = model.decode(mean + torch.randn_like(mean) * (0.5 * logvar).exp()).float()
    return loss_of(x, y, mean, logvar, a.kl)


def main():
    ap = argparse.ArgumentParser()
    workers.options(ap, 1800, 1e-3, 8, 0.997)
    ap.add_argument("--crop", type=int, default=96)
    ap.add_argument("--kl", type=float, default=3e-4)
    a = ap.parse_args()
    workers.train("autoencoder", Autoencoder, step_loss, psnr, a, common.start(1))


if __name__ == "__main__":
    main()
