"""Freezes the autoencoder and turns cached pictures into latents for the denoiser.

First run: folds each latent channel's mean and spread into quant_conv and post_quant_conv, so that latents
have mean 0 and spread 1 over the world (scale factor 1), and writes frozen.pt. Then, per view,
  half  the whole picture at half size (16×16 latents),
  crop  128 pixels at full size around the thing the first mask is about (16×16),
  full  the whole picture (32×32):
the latent, its two masks and the latent of the picture with the masked part grey, in latents/VIEW/NNNN.npz.

python3 encode.py --view half --first 0 --shards 8 [--take 1000]
"""
import argparse
import os
import time

import numpy as np
import torch

import cache
import common
from autoencoder import Autoencoder
from workers import bind


def averaged():
    """The autoencoder with its averaged weights."""
    return bind(Autoencoder(), common.load("autoencoder.pt")["ema"]).eval()


@torch.no_grad()
def encode(model, pics):
    """uint8-range float pictures (n, h, w, 3) → mean latents."""
    x = torch.from_numpy(np.ascontiguousarray(pics, np.float32)).permute(0, 3, 1, 2) / 127.5 - 1
    with common.bf16(x.device):
        return model.moments(x)[0]


def freeze():
    """The autoencoder with standard latents; made once and then kept."""
    old = common.load("frozen.pt")
    model = averaged()
    if old:
        model.load_state_dict(old)
        return model
    z = torch.cat([encode(model, np.load(os.path.join(d, "images.npy"), mmap_mode="r")[i:i + 8])
                   for d in cache.shards("train")[:4] for i in range(0, 48, 8)])
    mean, std = z.mean((0, 2, 3)), z.std((0, 2, 3))
    q, p = model.quant_conv, model.post_quant_conv
    n = len(mean)
    with torch.no_grad():
        q.weight[:n] /= std[:, None, None, None]
        q.bias[:n] = (q.bias[:n] - mean) / std
        q.bias[n:] -= 2 * std.log()
        p.bias += p.weight[:, :, 0, 0] @ mean
        p.weight *= std[None, :, None, None]
    print("latent mean", mean.tolist(), "spread", std.tolist())
    common.save("frozen.pt", model.state_dict())
    return model


def shrink(a):
    return a.reshape(a.shape[0] // 2, 2, a.shape[1] // 2, 2, -1).mean((1, 3))


def view(kind, img, masks, about, rng):
    """(picture float (s, s, 3), masks (2, s, s) bool), or None when the view does not suit the scene."""
    if kind == "full":
        return img.astype(np.float32), masks
    if kind == "half":
        return shrink(img.astype(np.float32)), masks[:, ::2, ::2]
    ys, xs = np.where(masks[0].any(1))[0], np.where(masks[0].any(0))[0]
    h, w = ys[-1] - ys[0] + 1, xs[-1] - xs[0] + 1
    s = img.shape[0] // 2
    if about < 0 or max(h, w) > s - 8:
        return None
    y = int(np.clip(rng.integers(ys[-1] - s + 1, ys[0] + 1), 0, s))
    x = int(np.clip(rng.integers(xs[-1] - s + 1, xs[0] + 1), 0, s))
    return img[y:y + s, x:x + s].astype(np.float32), masks[:, y:y + s, x:x + s]


def shard(model, kind, d, take, out, batch):
    imgs, bits = np.load(os.path.join(d, "images.npy"), mmap_mode="r"), np.load(os.path.join(d, "masks.npy"), mmap_mode="r")
    about = np.load(os.path.join(d, "about.npy"))
    rng = np.random.default_rng(len(kind))
    rows = dict(z=[], zm=[], m=[], index=[])
    todo = []
    take = min(take, len(imgs))

    def flush():
        if not todo:
            return
        p = np.stack([t[1] for t in todo])
        m = np.stack([t[2] for t in todo])
        rows["z"].append(encode(model, p).numpy().astype(np.float16))
        grey = np.where(m[..., None], 127.5, p[:, None])
        zm = encode(model, grey.reshape(-1, *p.shape[1:])).numpy().astype(np.float16)
        rows["zm"].append(zm.reshape(len(p), 2, *zm.shape[1:]))
        rows["m"].append(m[:, :, ::8, ::8])
        rows["index"].append(np.array([t[0] for t in todo], np.int32))
        todo.clear()

    for i in range(take):
        v = view(kind, imgs[i], np.unpackbits(bits[i], axis=-1).astype(bool), about[i], rng)
        if v is not None:
            todo.append((i, *v))
        if len(todo) == batch:
            flush()
    flush()
    np.savez(out + ".tmp.npz", **{k: np.concatenate(v) for k, v in rows.items()}, about=about)
    os.replace(out + ".tmp.npz", out)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--view", default="half", choices=["half", "crop", "full"])
    ap.add_argument("--set", default="train")
    ap.add_argument("--first", type=int, default=0)
    ap.add_argument("--shards", type=int, default=24)
    ap.add_argument("--stride", type=int, default=1)
    ap.add_argument("--take", type=int, default=1000)
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    model = freeze()
    top = common.path(os.path.join("latents", a.set, a.view))
    os.makedirs(top, exist_ok=True)
    for d in cache.shards(a.set)[a.first:a.first + a.shards * a.stride:a.stride]:
        out, t = os.path.join(top, os.path.basename(d) + ".npz"), time.time()
        if not os.path.exists(out):
            shard(model, a.view, d, a.take, out, 4 if a.view == "full" else 16)
            print(f"{out}: {time.time() - t:.0f} s", flush=True)


if __name__ == "__main__":
    main()
