"""Writes the evaluation's tasks to a folder: pictures, masks, prompts, seeds; and scores are made from PNGs.

python3 eval_tasks.py DIR [--quick]
DIR/tasks.json is a list of {id, kind, prompt, seed, cfg, picture, mask, …}; DIR/in/ID.png is what the
program is given, DIR/in/ID.mask.png what it may paint (white), DIR/truth/ID.png the scene as the world paints
it. Whoever runs the tasks writes DIR/out/ID.png of the same size; eval_score.py does the rest.
kinds: colour, subject, held (a held-out colour and noun), seam, outpaint, and colour-cfg1, colour-empty:
the colour tasks without guidance and without the prompt.
"""
import argparse
import json
import os

import numpy as np
from PIL import Image

import masks
import world
from words import COLOURS, NOUNS, held_out

EIGHT = ["ball", "house", "boat", "flower", "balloon", "cube", "tree", "fish"]
SEED = 950_000_000


def thing_task(noun, colour, seed):
    """A scene by day with one thing, the scene without it, and a mask somewhat larger than the thing."""
    k = 0
    while True:
        s = world.spec(SEED + seed * 1000 + k, held=True, things_=[(noun, colour)], style="plain", time="day")
        t = s["things"][0]
        size = ["medium", "large"][(seed + k) % 2]
        t["half"] *= {"small": {"medium": 1.6, "large": 2.2}, "medium": {"medium": 1, "large": 1.4}, "large": {"medium": 0.7, "large": 1}}[t["size"]][size]
        inside = t["half"] < t["x"] < 1 - t["half"] and t["half"] < t["y"] < 1 - t["half"] * 0.9
        if inside and not (s["backdrop"] == "plain" and s["wall_colour"] == colour):
            break
        k += 1
    truth, covers = world.render(s)
    empty, _ = world.render(s, leave_out=0)
    ys, xs = np.where((covers[0] > 0.5).any(1))[0], np.where((covers[0] > 0.5).any(0))[0]
    m = np.zeros(truth.shape[:2], bool)
    g = 10
    m[max(ys[0] - g, 0):ys[-1] + g, max(xs[0] - g, 0):xs[-1] + g] = True
    return s, truth, empty, m


class Folder:
    def __init__(self, path):
        self.path, self.tasks = path, []
        for d in ("in", "truth", "out"):
            os.makedirs(os.path.join(path, d), exist_ok=True)

    def add(self, kind, name, prompt, seed, truth, picture, mask, cfg=3.0, **more):
        base = os.path.join(self.path, "in", name)
        Image.fromarray(picture).save(base + ".png")
        Image.fromarray((mask * 255).astype(np.uint8)).save(base + ".mask.png")
        Image.fromarray(truth).save(os.path.join(self.path, "truth", name + ".png"))
        self.tasks.append(dict(id=name, kind=kind, prompt=prompt, seed=seed, cfg=cfg, picture=f"in/{name}.png", mask=f"in/{name}.mask.png", **more))


def colour_tasks(f, seeds, nouns=len(EIGHT), colours=len(COLOURS)):
    for n in EIGHT[:nouns]:
        for c in list(COLOURS)[:colours]:
            if held_out(c, n):
                continue
            for k in range(seeds):
                s, truth, empty, m = thing_task(n, c, len(f.tasks))
                what = dict(colour=c, noun=n)
                f.add("colour", f"colour-{n}-{c}-{k}", world.a(f"{c} {n}"), k, truth, empty, m, **what)
                if k == 0:
                    f.add("colour-cfg1", f"cfg1-{n}-{c}", world.a(f"{c} {n}"), k, truth, empty, m, cfg=1.0, **what)
                    f.add("colour-empty", f"empty-{n}-{c}", "", k, truth, empty, m, cfg=1.0, **what)


def subject_tasks(f, each):
    for kind, want in (("subject", False), ("held", True)):
        for n in NOUNS:
            colours = [c for c in COLOURS if held_out(c, n) == want]
            for k in range(each if not want else max(each // 2, 1)):
                c = colours[k % len(colours)]
                s, truth, empty, m = thing_task(n, c, 5000 + len(f.tasks))
                f.add(kind, f"{kind}-{n}-{k}", world.a(f"{c} {n}"), k, truth, empty, m, colour=c, noun=n)


def seam_tasks(f, count):
    for k in range(count):
        s = world.spec(SEED + 5_000_000 + k, held=k % 2 == 0)
        truth, covers = world.render(s)
        rng = np.random.default_rng(k)
        m = masks.anywhere(rng, 256, 256, ["strokes", "blob", "rectangle", "half"][k % 4])
        f.add("seam", f"seam-{k}", world.caption(s, rng), k, truth, np.where(m[..., None], 128, truth).astype(np.uint8), m)


def outpaint_tasks(f, count):
    """A 512×256 scene of which the middle 256 is given: 128 px to paint on each side."""
    for k in range(count):
        s = world.spec(SEED + 6_000_000 + k, held=True, things_=[], backdrop="landscape", style="plain",
                       ground=["sea", "meadow", "snow", "desert"][k % 4], time=["day", "dusk", "dawn"][k % 3])
        truth, _ = world.render(s, 256, width=512)
        m = np.ones((256, 512), bool)
        m[:, 128:384] = False
        f.add("outpaint", f"outpaint-{k}", world.caption(s, np.random.default_rng(k)), k, truth,
              np.where(m[..., None], 128, truth).astype(np.uint8), m, horizon=s["horizon"])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dir")
    ap.add_argument("--quick", action="store_true", help="about a tenth of the tasks")
    ap.add_argument("--tiny", action="store_true", help="a handful of tasks, to try the machinery")
    a = ap.parse_args()
    f = Folder(a.dir)
    if a.tiny:
        colour_tasks(f, 1, 2, 2)
        seam_tasks(f, 2)
        outpaint_tasks(f, 1)
    else:
        everything(f, a)
    json.dump(f.tasks, open(os.path.join(a.dir, "tasks.json"), "w"), indent=0)
    print(len(f.tasks), "tasks")


def everything(f, a):
    colour_tasks(f, 1 if a.quick else 4)
    subject_tasks(f, 2 if a.quick else 10)
    seam_tasks(f, 20 if a.quick else 200)
    outpaint_tasks(f, 6 if a.quick else 40)


if __name__ == "__main__":
    main()
