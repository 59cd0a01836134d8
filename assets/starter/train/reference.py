"""What these networks compute, for the program's tests: python3 reference.py ../../../pipeline/testdata/starter.safetensors

A made-up model of the starter's kind (pipeline/pipelinetest/starter.go: small, every value follows from its
tensor's name) goes through this folder's own text encoder, denoiser, autoencoder and sampler. The program
has to find the same numbers from the checkpoint alone.
"""
import json
import struct
import sys

import numpy as np
import torch
from torch import nn

from autoencoder import Decoder, Encoder
from bpe import Tokenizer
from model import Denoiser, TextEncoder
from schedule import alphas

MERGES = [("b", "o"), ("a", "t</w>"), ("bo", "at</w>"), ("r", "e"), ("re", "d</w>"), ("s", "e"), ("se", "a</w>")]
PROMPT, SEED, STEPS, CFG = "a red boat, sea", 5, 4, 2.5


def values(name, shape):
    """The rule of pipelinetest.Model."""
    h = 14695981039346656037
    for b in name.encode():
        h = (h ^ b) * 1099511628211 % (1 << 64)
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    u = ((z ^ z >> np.uint64(31)) >> np.uint64(40)).astype(np.int64) - (1 << 23)
    u = (u / (1 << 23)).astype(np.float32)
    if len(shape) == 2 and "embedding" in name:
        u = np.float32(0.05) * u
    elif len(shape) == 1:
        u = 1 + np.float32(0.1) * u if name.endswith(".weight") else np.float32(0.02) * u
    else:
        u = u * np.float32((3 / np.prod(shape[1:])) ** 0.5)
    return torch.from_numpy(u.astype(np.float32).reshape(shape))


class Auto(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(32, (1, 1, 2, 2), 2, 4), Decoder(32, (1, 1, 2, 2), 2, 4)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(8, 8, 1), nn.Conv2d(4, 4, 1)


def sample(denoiser, text, none, zm, noise):
    """Trailing DDIM that ends, as the program's list does, on the first level."""
    a = alphas()
    a[-1] = 4.8973451890853435e-08
    times = [int(round(1000 - i * 1000 / STEPS)) - 1 for i in range(STEPS)]
    x, m = noise, torch.ones_like(noise[:, :1])
    for i, t in enumerate(times):
        y, at = torch.cat([x, m, zm], 1), torch.tensor([float(t)])
        u = denoiser(y, at, none)
        v = u + CFG * (denoiser(y, at, text) - u)
        s, n, b = a[t].sqrt().float(), (1 - a[t]).sqrt().float(), a[times[i + 1] if i + 1 < STEPS else 0].float()
        x = b.sqrt() * (s * x - n * v) + (1 - b).sqrt() * (n * x + s * v)
    return x


@torch.no_grad()
def compute():
    token = Tokenizer(MERGES)
    text = TextEncoder(token.size, width=64, layers=2, heads=4)
    denoiser = Denoiser(width=32, mult=(1, 2, 2), blocks=2, attention=(0, 1, 1), context=64, heads=4)
    auto = Auto()
    for prefix, part in (("cond_stage_model.transformer.text_model.", text), ("model.diffusion_model.", denoiser), ("first_stage_model.", auto)):
        for k, v in part.state_dict().items():
            v.copy_(values(prefix + k, tuple(v.shape)))
        part.eval()
    out = {"context": text(torch.tensor([token.encode(PROMPT)]))}
    none = text(torch.tensor([token.encode("")]))
    torch.manual_seed(SEED)
    noise = torch.randn(1, 4, 8, 8)
    out["x"] = torch.cat([noise, torch.ones(1, 1, 8, 8), torch.randn(1, 4, 8, 8)], 1)
    out["timestep"] = torch.tensor([731.0])
    out["v"] = denoiser(out["x"], out["timestep"], out["context"])
    out["image"] = torch.rand(1, 3, 64, 64) * 2 - 1
    out["moments"] = auto.quant_conv(auto.encoder(out["image"]))
    out["z"] = torch.randn(1, 4, 8, 8)
    out["picture"] = auto.decoder(auto.post_quant_conv(out["z"]))
    grey = auto.quant_conv(auto.encoder(torch.zeros(1, 3, 64, 64)))[:, :4]
    out["latent"] = sample(denoiser, out["context"], none, grey, noise)
    return {k: v.numpy() for k, v in out.items()}


def write(path, arrays):
    head, at = {}, 0
    for k, a in arrays.items():
        head[k] = {"dtype": "F32", "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for a in arrays.values():
            f.write(np.ascontiguousarray(a).tobytes())


if __name__ == "__main__":
    write(sys.argv[1], compute())
