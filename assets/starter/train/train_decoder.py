"""Trains the autoencoder's decoder on crops of the world; the encoder is fixed (latents.py). decoder.pt.

python3 train_decoder.py --seconds 3600
Latents get a little noise, so that the decoder forgives a denoiser that is not exact.
"""
import argparse
import math

import numpy as np
import torch
import torch.nn.functional as F

import common
import latents
import workers
from autoencoder import Autoencoder
from common import Pictures


def batch(pics, rng, n, size):
    """Crops, some of the picture at half size, as (n, 3, size, size) in [-1, 1] and their latents."""
    x, z = np.empty((n, size, size, 3), np.float32), np.empty((n, 4, size // 8, size // 8), np.float32)
    for i, p in enumerate(pics.some(n)):
        k = 2 if rng.random() < 0.3 and p.shape[0] >= 2 * size else 1
        y, c = rng.integers(0, p.shape[0] - k * size + 1), rng.integers(0, p.shape[1] - k * size + 1)
        c = latents.pixels(p[y:y + k * size, c:c + k * size])
        if k == 2:
            c = c.reshape(size, 2, size, 2, 3).mean((1, 3))
        x[i] = c[:, ::-1] if rng.random() < 0.5 else c
        z[i] = latents.encode(x[i])
    return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(z)


def loss_of(x, y):
    """L1, squared error, gradients, and L1 at coarser scales."""
    e = y - x
    total, d = e.abs().mean() + 2.0 * e.pow(2).mean(), e
    for _ in range(2):
        d = F.avg_pool2d(d, 2)
        total = total + 0.5 * d.abs().mean()
    return total + 0.5 * ((e[..., 1:] - e[..., :-1]).abs().mean() + (e[..., 1:, :] - e[..., :-1, :]).abs().mean())


_pics = []


def step_loss(model, rng, a):
    if not _pics:
        _pics.append(Pictures("train", rng))
    device = next(model.parameters()).device
    x, z = (t.to(device) for t in batch(_pics[0], rng, a.batch, a.crop))
    z = z + torch.randn_like(z) * (0.15 * torch.rand(len(z), 1, 1, 1, device=device) ** 2)
    with common.bf16(device):
        y = model.decode(z).float()
    return loss_of(x, y)


@torch.no_grad()
def psnr(model, device, count=12):
    """PSNR of held-out 256-pixel pictures through the latent, rounded to 8 bits; mean of dB."""
    rng = np.random.default_rng(0)
    total = 0.0
    for p in Pictures("held", rng).some(count):
        x = torch.from_numpy(latents.pixels(p)).permute(2, 0, 1)[None].to(device)
        with common.bf16(device):
            y = model.decode(model.moments(x)[0]).float()
        e = ((x - (y.clamp(-1, 1) * 127.5).round() / 127.5) / 2).pow(2).mean().item()
        total += -10 * math.log10(max(e, 1e-9))
    return dict(psnr=total / count)


def main():
    ap = argparse.ArgumentParser()
    workers.options(ap, 3600, 1e-4, 6, 0.997)
    ap.add_argument("--crop", type=int, default=64)
    a = ap.parse_args()
    workers.train("decoder", Autoencoder, step_loss, psnr, a, common.start(1))


if __name__ == "__main__":
    main()
