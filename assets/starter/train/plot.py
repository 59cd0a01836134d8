"""Draws the training logs: python3 plot.py OUT.png."""
import json
import os
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import common


def rows(name):
    p = common.path(name + ".jsonl")
    return [json.loads(l) for l in open(p)] if os.path.exists(p) else []


def main():
    fig, ax = plt.subplots(1, 2, figsize=(11, 3.6))
    for a, name, extra in ((ax[0], "decoder", ["psnr"]), (ax[1], "denoiser", ["held_half", "held_crop", "held_full"])):
        r = rows(name)
        loss = [(x["step"], x["loss"]) for x in r if "rate" in x]
        if loss:
            a.plot(*zip(*loss), label="loss, running mean", color="0.4")
        b = a.twinx() if name == "decoder" else a
        for k in extra:
            v = [(x["step"], x[k]) for x in r if k in x]
            if v:
                b.plot(*zip(*v), "o-", label={"psnr": "PSNR held-out, dB (right)"}.get(k, k.replace("_", ", ")))
        a.set_title(name)
        a.set_xlabel("step")
        a.grid(alpha=0.3)
        lines = a.get_lines() + (b.get_lines() if b is not a else [])
        a.legend(lines, [l.get_label() for l in lines], fontsize=8)
    fig.tight_layout()
    fig.savefig(sys.argv[1], dpi=90)


if __name__ == "__main__":
    main()
