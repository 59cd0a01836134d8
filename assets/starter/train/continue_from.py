"""Begins a training folder from an exported checkpoint: python3 continue_from.py FILE.

Writes bpe.json, denoiser.pt and decoder.pt (weights as current and averaged, fresh moments), where none
stand yet. Captions keep the file's vocabulary.
"""
import json
import os
import sys

import torch

import common
from autoencoder import Autoencoder
from bpe import open_tokenizer
from check_export import read
from train_denoiser import NETS, make
from workers import trained


def state_of(model, arrays, prefixes):
    for part, prefix in prefixes:
        part.load_state_dict({k[len(prefix):]: torch.from_numpy(v.astype("float32")) for k, v in arrays.items() if k.startswith(prefix)})
    flat = torch.cat([p.detach().reshape(-1) for p in trained(model)])
    return dict(p=flat, ema=flat.clone(), m=torch.zeros_like(flat), v=torch.zeros_like(flat), step=0, seconds=0.0)


def main():
    arrays, meta, _ = read(sys.argv[1])
    os.makedirs(common.path(""), exist_ok=True)
    if any(os.path.exists(common.path(n)) for n in ("bpe.json", "denoiser.pt", "decoder.pt")):
        raise SystemExit("there is a training in " + common.path("") + " already: move it away first")
    json.dump(dict(merges=[m.split(" ") for m in meta["pentimento.merges"].split("\n")]), open(common.path("bpe.json"), "w"))
    open_tokenizer()
    levels = {k.split(".")[3] for k in arrays if k.startswith("model.diffusion_model.input_blocks.")}
    net = next(n for n, c in NETS.items() if len(levels) == len(c["mult"]) * (c["blocks"] + 1))
    both, auto = make(net), Autoencoder()
    prefix = "model.diffusion_model.", "cond_stage_model.transformer.text_model.", "first_stage_model."
    common.save("denoiser.pt", dict(state_of(both, arrays, [(both.denoiser, prefix[0]), (both.text, prefix[1])]), net=net))
    common.save("decoder.pt", state_of(auto, arrays, [(auto, prefix[2])]))
    print("a", net, "network; go on with train_denoiser.py")


if __name__ == "__main__":
    main()
