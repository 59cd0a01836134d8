"""A contact sheet from the trained parts with a sampler of its own: python3 preview.py OUT.png [--steps 20].

Rows: whole pictures from prompts; holes filled in held-out scenes (masked picture, result, truth).
"""
import argparse

import numpy as np
import torch

import cache
import common
import latents
import world
from bpe import open_tokenizer
from export import load_parts
from schedule import sample

PROMPTS = ["a red ball on a white background", "a blue house on a meadow by day", "a white boat on a calm sea at dusk",
           "mountains by day", "a yellow flower", "the sea at sunset with the sun", "a brick wall", "a starry sky at night with a moon over a desert"]


@torch.no_grad()
def paint(parts, token, captions, masks, pics, steps=20, cfg=3.0, seed=0):
    """Fills masks (n, h, w bool) of pictures (n, h, w, 3 in [-1, 1]); returns the same shape."""
    both, auto = parts
    torch.manual_seed(seed)
    m = torch.from_numpy(masks[:, ::8, ::8].astype(np.float32))[:, None]
    zm = torch.from_numpy(np.stack([latents.encode(p * ~k[..., None]) for p, k in zip(pics, masks)]))
    text = both.text(torch.tensor([token.encode(c) for c in captions]))
    none = both.text(torch.tensor([token.encode("")] * len(captions)))

    def denoise(x, t):
        x = torch.cat([x, m, zm], 1)
        c, u = both.denoiser(x, t, text), both.denoiser(x, t, none)
        return u + cfg * (c - u)

    z = sample(denoise, torch.randn_like(zm), steps)
    y = auto.decode(z).permute(0, 2, 3, 1).numpy().clip(-1, 1)
    return np.where(masks[..., None], y, pics)


def held(rng, n, which=0):
    """Scenes of the held set whose first mask is about a thing: (picture, mask, spec, index of the thing)."""
    import json
    import os
    d = cache.shards("held")[0]
    f = lambda k: np.load(os.path.join(d, k + ".npy"), mmap_mode="r")
    imgs, bits, about = f("images"), f("masks"), f("about")
    all_specs = json.load(open(os.path.join(d, "specs.json")))
    rows = [i for i in range(len(imgs)) if about[i] >= 0]
    for i in rng.choice(rows, n, replace=False):
        yield latents.pixels(imgs[i]), np.unpackbits(bits[i, which], axis=-1).astype(bool), all_specs[i], int(about[i])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--steps", type=int, default=20)
    ap.add_argument("--cfg", type=float, default=3.0)
    ap.add_argument("--size", type=int, default=256)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    from PIL import Image
    parts, token, s = load_parts(), open_tokenizer(), a.size
    whole = np.ones((len(PROMPTS), s, s), bool)
    rows = [np.concatenate(list(paint(parts, token, PROMPTS, whole, np.zeros((len(PROMPTS), s, s, 3), np.float32), a.steps, a.cfg)), 1)]
    scenes = list(held(np.random.default_rng(1), 8))
    k = 256 // s
    pics = np.stack([p.reshape(s, k, s, k, 3).mean((1, 3)) for p, _, _, _ in scenes])
    masks = np.stack([m[::k, ::k] for _, m, _, _ in scenes])
    says = [world.a(f"{sp['things'][i]['colour']} {sp['things'][i]['noun']}") for _, _, sp, i in scenes]
    done = paint(parts, token, says, masks, pics, a.steps, a.cfg)
    rows += [np.concatenate(list(x), 1) for x in (np.where(masks[..., None], 0, pics), done, pics)]
    for j in range(4):
        print(j, PROMPTS[2 * j:2 * j + 2], says[2 * j:2 * j + 2])
    Image.fromarray(((np.concatenate(rows, 0) + 1) * 127.5).clip(0, 255).astype(np.uint8)).save(a.out)


if __name__ == "__main__":
    main()
