"""The starter's world: labelled painted scenes, their captions and masks. numpy only, seeded.

Start at `spec` (a scene as plain data), then `render` (data → picture and covers), `caption` (data →
words, a different wording every time) and masks.py. The same seed gives the same picture at any size.
Combinations that words.held_out names appear only where `held=True` is asked for.
"""
import numpy as np

import scenery
import styles
import things
from paint import F, Canvas
from words import (COLOURS, EXTRAS, GROUNDS, MATERIALS, NOUNS, PLACES, SIZES, STYLES, TIMES, WATER, held_out,
                   scene_held_out)

HALF = {"small": (0.085, 0.12), "medium": (0.14, 0.19), "large": (0.23, 0.32)}
ANCHOR = {"left": (0.14, 0.32), "middle": (0.42, 0.58), "right": (0.68, 0.86)}


def pick(rng, seq, p=None):
    return seq[int(rng.choice(len(seq), p=p))]


def backdrop(rng, held):
    kind = pick(rng, ["landscape", "material", "plain"], [0.72, 0.14, 0.14])
    while True:
        time, ground = pick(rng, TIMES, [0.15, 0.38, 0.17, 0.17, 0.13]), pick(rng, GROUNDS)
        if not scene_held_out(time, ground) or held:
            break
    extras = []
    if time in ("dawn", "dusk", "day") and rng.random() < (0.35 if time == "day" else 0.55):
        extras.append("sun")
    if time == "night":
        extras += [e for e, p in (("moon", 0.6), ("stars", 0.75)) if rng.random() < p]
    if time != "storm" and rng.random() < 0.4:
        extras.append("clouds")
    return dict(backdrop=kind, time=time, ground=ground, extras=extras, material=pick(rng, MATERIALS),
                wall_colour=pick(rng, list(COLOURS)) if kind == "plain" or rng.random() < 0.5 else None,
                floor=float(rng.uniform(0.68, 0.86)) if rng.random() < 0.6 else 1.0,
                pitch=float(rng.uniform(0.05, 0.10)), horizon=float(rng.uniform(0.38, 0.62)),
                sun=[float(rng.uniform(0.08, 0.92)), float(rng.uniform(0.15, 0.8))], sun_r=float(rng.uniform(0.035, 0.075)),
                sun_phase=float(rng.random()), flag=float(rng.random()), bend=float(rng.uniform(-1, 1)),
                style=pick(rng, STYLES, [0.58] + [0.07] * 6))


def thing(rng, s, noun, colour, size, place):
    """One thing as data; its middle and half size are in parts of the picture."""
    half = float(rng.uniform(*HALF[size]))
    x = float(rng.uniform(*ANCHOR[place]))
    water = s["backdrop"] == "landscape" and s["ground"] in ("sea", "lake")
    fly = noun in things.FLOATING and not (water and rng.random() < 0.2)
    if s["backdrop"] == "landscape" and fly:
        y, where = float(rng.uniform(max(half, 0.15), max(s["horizon"] - half * 0.5, half + 0.05))), "sky"
    elif s["backdrop"] == "landscape":
        lo = s["horizon"] + 0.10 + 0.5 * half
        y, where = float(rng.uniform(lo, max(0.93, lo + 0.02))) - half * 0.9, "ground"
    else:
        low = (s["floor"] if s["floor"] < 1 else 0.9) + rng.uniform(0.02, 0.10)
        y, where = (float(rng.uniform(0.3, 0.6)), "sky") if fly or s["floor"] >= 1 else (float(low - half * 0.9), "ground")
    c = np.clip(COLOURS[colour] * rng.uniform(0.94, 1.06) + rng.uniform(-0.03, 0.03, 3), 0, 1)
    return dict(noun=noun, colour=colour, size=size, at=place, place=where, x=x, y=y, half=half,
                rgb=[float(v) for v in c], shape=[float(v) for v in rng.random(3)])


def spec(seed, held=False, things_=None, **fixed):
    """A scene as plain data. `things_` may fix [(noun, colour), …]; other keys fix parts of the backdrop.

    Without `held` no held-out combination appears; with it the first thing (or the scene) is one.
    """
    rng = np.random.default_rng(seed)
    s = backdrop(rng, held)
    s.update(fixed, seed=int(seed))
    if s["backdrop"] == "plain":
        s["wall_colour"] = s["wall_colour"] or "white"
    pairs = things_
    if pairs is None:
        n = pick(rng, [0, 1, 2, 3], [0.08, 0.56, 0.26, 0.10])
        pairs, i = [], 0
        while len(pairs) < n:
            want = held and i == 0
            while True:
                pair = (pick(rng, NOUNS), pick(rng, list(COLOURS)))
                if held_out(pair[1], pair[0]) == want:
                    break
            pairs.append(pair)
            i += 1
    slots = list(rng.permutation(PLACES))
    cap = ["medium", "large"] if len(pairs) == 1 else ["small", "medium"]
    s["things"] = [thing(rng, s, noun, colour, str(pick(rng, ["small"] + cap, [0.2, 0.4, 0.4])), str(slots[i % 3]))
                   for i, (noun, colour) in enumerate(pairs)]
    s["on_water"] = s["backdrop"] == "landscape" and s["ground"] in ("sea", "lake")
    return s


def render(s, size=256, width=None, leave_out=None):
    """Paints a scene: (size, width, 3) uint8 and the (size, width) float cover of every thing.

    `leave_out` is the index of a thing that is not painted (for pairs with and without it).
    """
    rng = np.random.default_rng([s["seed"], 77])
    c = Canvas(rng, width or size, size)
    if s["backdrop"] == "landscape":
        scenery.sky(c, s)
        scenery.ground(c, s)
    elif s["backdrop"] == "material":
        scenery.material(c, s)
    else:
        scenery.plain(c, s)
    np.clip(c.img, 0, 1, out=c.img)
    light = np.maximum(scenery.light_of(s), F(0.62))
    covers = []
    for i, t in enumerate(s["things"]):
        cover = np.zeros((c.h, c.w), F)
        if i != leave_out:
            out = things.draw(c, dict(t, rgb=np.array(t["rgb"], F)), s, light)
            if out is not None:
                cover[out[0], out[1]] = out[2]
        covers.append(cover)
    img = styles.PAINT[s["style"]](c, np.clip(c.img, 0, 1), size / 256)
    return (np.clip(img, 0, 1) * 255 + F(0.5)).astype(np.uint8), covers


# ---- captions

STYLE_WORDS = {
    "plain": ["a painting of", "a picture of", "", "", ""], "flat": ["a flat poster of", "flat colours,", "flat style,"],
    "watercolour": ["a watercolour of", "watercolour,", "a watercolour painting of"], "ink": ["an ink drawing of", "ink,", "ink drawing,"],
    "pixel": ["pixel art of", "pixel art,", "pixel style,"], "mosaic": ["a mosaic of", "mosaic,", "a mosaic picture of"],
    "pencil": ["a pencil drawing of", "pencil,", "coloured pencil,"]}
TIME_WORDS = {"dawn": ["at dawn", "in the morning", "at sunrise"], "day": ["by day", "on a clear day", "in daylight", ""],
              "dusk": ["at dusk", "at sunset", "in the evening"], "night": ["at night", "by night", "in the dark night"],
              "storm": ["in a storm", "under a stormy sky", "in the rain"]}
GROUND_WORDS = {"sea": ["the sea", "a calm sea", "the ocean"], "lake": ["a lake", "a calm lake"], "hills": ["green hills", "hills", "the hills"],
                "mountains": ["mountains", "the mountains", "snowy mountains"], "snow": ["snow", "a snowy field", "the snow"],
                "desert": ["the desert", "a sandy desert", "sand"], "meadow": ["a meadow", "a green meadow", "grass"],
                "forest": ["a forest", "the forest", "the woods"], "road": ["a road", "a long road"], "river": ["a river", "a winding river"]}
MATERIAL_WORDS = {"brick": ["a brick wall", "bricks"], "planks": ["wooden planks", "planks"], "stone": ["a stone wall", "stones"],
                  "tiles": ["a tiled wall", "tiles"], "stripes": ["striped cloth", "cloth with stripes"],
                  "checks": ["checked cloth", "cloth with checks"], "dots": ["dotted cloth", "cloth with dots"]}
SIZE_WORDS = {"small": ["small", "little", "tiny"], "medium": [""], "large": ["large", "big", "huge"]}
PLACE_WORDS = {"left": ["on the left"], "middle": ["in the middle", "in the centre"], "right": ["on the right"]}


def a(words):
    words = " ".join(words.split())
    return ("an " if words[0] in "aeiou" else "a ") + words


def thing_words(rng, s, t, place=0.35, size=0.6):
    sz = pick(rng, SIZE_WORDS[t["size"]]) if rng.random() < size else ""
    w = a(f"{sz} {t['colour']} {t['noun']}")
    if rng.random() < place:
        opts = list(PLACE_WORDS[t["at"]])
        if t["place"] == "sky" and s["backdrop"] == "landscape":
            opts.append("in the sky")
        if s["on_water"] and t["place"] == "ground":
            opts += ["on the water"] * 2
        w += " " + pick(rng, opts)
    return w


def backdrop_words(rng, s, drop=0.3):
    if s["backdrop"] == "plain":
        return f"on {a(s['wall_colour'] + ' ' + pick(rng, ['background', 'wall']))}" if rng.random() > drop else ""
    if s["backdrop"] == "material":
        w = pick(rng, MATERIAL_WORDS[s["material"]])
        w = w if s["wall_colour"] is None or w.split()[0] != "a" else a(f"{s['wall_colour']} {w[2:]}")
        if s["wall_colour"] and not w.startswith("a"):
            w = f"{s['wall_colour']} {w}"
        return ("" if rng.random() < drop else pick(rng, ["in front of ", "against ", "with ", "on "]) + w)
    parts = []
    if rng.random() > drop * 0.6:
        g = pick(rng, GROUND_WORDS[s["ground"]])
        prep = {"sea": ["on", "by", "with"], "lake": ["on", "by", "with"], "river": ["by", "with"], "road": ["by", "with", "near"],
                "snow": ["in", "on"], "desert": ["in", "with"], "meadow": ["in", "on"], "forest": ["in", "by"]}.get(s["ground"], ["in front of", "with", "near"])
        parts.append(f"{pick(rng, prep)} {g}")
    if rng.random() > drop:
        parts.append(pick(rng, TIME_WORDS[s["time"]]))
    for e in s["extras"]:
        if rng.random() > drop + 0.15:
            parts.append({"sun": "with the sun", "moon": "with a moon", "clouds": pick(rng, ["with clouds", "with a cloudy sky"]),
                          "stars": pick(rng, ["with stars", "under a starry sky"])}[e])
    return " ".join(p for p in parts if p)


def caption(s, rng, only=None, places=True):
    """A wording of the scene; parts are dropped at random. `only`: the index of the one thing to name;
    without `places` it does not say where things stand."""
    things_ = s["things"] if only is None else [s["things"][only]]
    names = [thing_words(rng, s, t, 0.35 if places else 0) for t in things_ if only is not None or len(things_) == 1 or rng.random() > 0.12]
    style = pick(rng, STYLE_WORDS[s["style"]]) if rng.random() > (0.15 if s["style"] != "plain" else 0.6) else ""
    back = backdrop_words(rng, s, 0.75 if only is not None else 0.3)
    if not names:
        subject = back.split(" ", 1)[1] if back.startswith(("on ", "in ", "by ", "with ", "near ")) else back
        subject = subject or {"landscape": "a landscape", "plain": "a background", "material": "a wall"}[s["backdrop"]]
        out = f"{style} {subject}"
    else:
        subject = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
        out = f"{style} {subject}{',' if back and rng.random() < 0.3 else ''} {back}"
    return " ".join(out.split()).strip(", ")


def vocabulary():
    """Every word a caption may hold, sorted."""
    seen = set(list(COLOURS) + NOUNS + TIMES + GROUNDS + EXTRAS)
    for group in (STYLE_WORDS, TIME_WORDS, GROUND_WORDS, MATERIAL_WORDS, SIZE_WORDS, PLACE_WORDS):
        for options in group.values():
            for o in options:
                seen.update(o.replace(",", "").split())
    seen.update("sky water background wall landscape cloudy starry sun moon".split())
    small = set("a an the of in on by with at under front and".split())
    return sorted(w for w in seen if w not in small)
