"""Writes the trained parts as one checkpoint in the single-file layout of Stable Diffusion 1.x, float16.

python3 export.py [OUT.safetensors]    Without a name: to where the program's build takes it from, ../model.
Only what tensor shapes cannot tell goes into the header's metadata, and the numbers the model is best used with.
"""
import json
import os
import struct
import sys

import numpy as np
import torch

import common
import world
from autoencoder import GROUPS, Autoencoder
from bpe import open_tokenizer
from schedule import SCHEDULE
from train_denoiser import NETS, TEXT, make, net_of
from workers import bind

NAME = "Starter: a small model that knows skies, seas, houses, colours …; for anything else open a Stable Diffusion checkpoint"

# a schedule with zero terminal SNR wants sigmas that are even in time: Karras' spends half its steps on pure noise
DEFAULTS = {"steps": 12, "cfg": 3, "sampler": "DPM++ 2M", "schedule": "SGM Uniform"}
PLACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "model", "starter.safetensors")


def load_parts(device="cpu"):
    """(text and denoiser, autoencoder) with averaged weights, for use."""
    both, auto = make(net_of(common.load("denoiser.pt"))), Autoencoder()
    for part, name in ((both, "denoiser.pt"), (auto, "decoder.pt")):
        state = common.load(name)
        if state is None:
            raise SystemExit(f"{common.path(name)} is missing: train it first")
        bind(part, state["ema"])
    return both.eval().to(device), auto.eval().to(device)


def metadata(token):
    return {
        "format": "pt",
        "pentimento.name": NAME,
        "pentimento.prediction": "v",
        "pentimento.schedule": json.dumps(SCHEDULE),
        "pentimento.heads": json.dumps({"heads": NETS["small"]["heads"]}),
        "pentimento.text_heads": json.dumps({"heads": TEXT["heads"]}),
        "pentimento.groups": str(GROUPS),
        "pentimento.scale_factor": "1.0",
        "pentimento.merges": "\n".join(" ".join(m) for m in token.merges),
        "pentimento.native_size": "256",
        "pentimento.defaults": json.dumps(DEFAULTS),
        "pentimento.words": json.dumps(world.vocabulary()),
        "pentimento.license": "the Pentimento project's own, under the project's licence; trained only on pictures that the project renders itself",
    }


def tensors():
    both, auto = load_parts()
    out = {}
    for prefix, part in (("model.diffusion_model.", both.denoiser), ("first_stage_model.", auto),
                         ("cond_stage_model.transformer.text_model.", both.text)):
        for k, v in part.state_dict().items():
            out[prefix + k] = v.detach().to(torch.float16).numpy()
    return out


def write(path, arrays, meta):
    head, at = {"__metadata__": meta}, 0
    for k in sorted(arrays):
        a = arrays[k]
        head[k] = {"dtype": "F16", "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for k in sorted(arrays):
            if not np.isfinite(arrays[k]).all():
                raise SystemExit(f"{k} does not fit float16")
            f.write(np.ascontiguousarray(arrays[k]).tobytes())


def main():
    if len(sys.argv) > 2:
        raise SystemExit("usage: export.py [OUT.safetensors]")
    arrays = tensors()
    write(sys.argv[1] if len(sys.argv) == 2 else PLACE, arrays, metadata(open_tokenizer()))
    print(len(arrays), "tensors,", round(sum(a.nbytes for a in arrays.values()) / 2 ** 20, 2), "MiB")


if __name__ == "__main__":
    main()
