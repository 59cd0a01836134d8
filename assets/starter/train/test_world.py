"""Tests of the world: python3 test_world.py (no framework; fails with an assertion)."""
import collections

import numpy as np

import cache
import latents
import masks
import world
from words import COLOURS, EXTRAS, GROUNDS, MATERIALS, NOUNS, STYLES, TIMES, held_out, scene_held_out


def specs(n, **k):
    return [world.spec(i, **k) for i in range(n)]


def test_every_word_and_trained_combination_appears():
    seen, text = collections.Counter(), collections.Counter()
    for s in specs(6000):
        for t in s["things"]:
            seen[t["colour"], t["noun"]] += 1
            seen[t["size"]] += 1
        if s["backdrop"] == "landscape":
            seen[s["time"], s["ground"]] += 1
        if s["backdrop"] == "material":
            seen[s["material"]] += 1
        seen[s["style"]] += 1
        for e in s["extras"]:
            seen[e] += 1
        text.update(world.caption(s, np.random.default_rng(s["seed"])).replace(",", "").split())
    for c in COLOURS:
        for n in NOUNS:
            assert (seen[c, n] == 0) if held_out(c, n) else (seen[c, n] >= 10), (c, n, seen[c, n])
    for t in TIMES:
        for g in GROUNDS:
            assert (seen[t, g] == 0) if scene_held_out(t, g) else (seen[t, g] >= 20), (t, g, seen[t, g])
    for w in MATERIALS + STYLES + EXTRAS:
        assert seen[w] >= 20, (w, seen[w])
    for w in world.vocabulary():
        assert text[w] >= 3, (w, text[w])


def test_a_tenth_is_held_out():
    part = np.mean([held_out(c, n) for c in COLOURS for n in NOUNS])
    assert 0.08 <= part <= 0.12, part
    assert all(any(held_out(c, n) for n in NOUNS) for c in COLOURS)
    for s in specs(300, held=True):
        assert all(held_out(t["colour"], t["noun"]) == (i == 0) for i, t in enumerate(s["things"]))
    assert cache.SEED["held"] - cache.SEED["train"] > 10 ** 8


def test_the_same_seed_paints_the_same_picture():
    for seed in (3, 14):
        s = world.spec(seed)
        a, b = world.render(s, 128)[0], world.render(world.spec(seed), 128)[0]
        assert (a == b).all()
        big = world.render(s, 256)[0].reshape(128, 2, 128, 2, 3).mean((1, 3))
        assert np.abs(big - a).mean() < 12, np.abs(big - a).mean()


def test_colours_show():
    """The middle of a thing is nearest to its own colour word, in plain light."""
    hits = total = 0
    table = np.stack(list(COLOURS.values())) * 255
    for i, c in enumerate(COLOURS):
        for j, n in enumerate(("ball", "cube", "fish", "balloon")):
            s = world.spec(i * 10 + j, things_=[(n, c)], backdrop="plain", style="plain")
            img, covers = world.render(s, 128)
            on = covers[0] > 0.9
            near = np.abs(np.median(img[on], 0)[None] - table).sum(1).argmin()
            hits, total = hits + (near == i), total + 1
    assert hits / total > 0.8, hits / total


def test_captions_vary_and_name_things():
    s = next(s for s in specs(50) if len(s["things"]) == 1)
    said = {world.caption(s, np.random.default_rng(k)) for k in range(60)}
    assert len(said) > 20
    assert all(s["things"][0]["noun"] in c and s["things"][0]["colour"] in c for c in said)
    lengths = [len(world.caption(x, np.random.default_rng(1)).split()) for x in specs(400)]
    assert min(lengths) <= 3 and max(lengths) >= 14


def test_masks_cover_what_they_say():
    kinds = collections.Counter()
    for s in specs(150):
        _, covers = world.render(s, 128)
        m, i = masks.for_scene(np.random.default_rng(s["seed"]), s, covers)
        kinds[i >= 0] += 1
        if i >= 0:
            assert m[covers[i] > 0.5].mean() > 0.85
    assert kinds[True] > 80 and kinds[False] > 5
    for k in masks.KINDS:
        part = [masks.anywhere(np.random.default_rng(j), 128, 128, k).mean() for j in range(20)]
        assert 0 < np.mean(part) <= 1 and (k != "whole" or np.mean(part) == 1), k


def test_the_encoder_network_is_the_arithmetic():
    import torch
    from autoencoder import Autoencoder
    pic = latents.pixels(world.render(world.spec(5), 128)[0])
    with torch.no_grad():
        z, _ = Autoencoder().moments(torch.from_numpy(pic).permute(2, 0, 1)[None])
    assert np.abs(z[0].numpy() - latents.encode(pic)).max() < 0.02


if __name__ == "__main__":
    for name, f in list(globals().items()):
        if name.startswith("test_"):
            f()
            print("ok", name, flush=True)
