"""Backdrops: skies with sun, moon, clouds and stars; ten kinds of ground; seven materials."""
import numpy as np

from paint import F, fbm, mix, noise, rgb, ridge, segment, step
from words import COLOURS

# zenith, horizon, light (colour and strength), haze
SKIES = {
    "dawn": (rgb(110, 150, 205), rgb(255, 205, 170), rgb(255, 236, 214), 0.98),
    "day": (rgb(58, 130, 220), rgb(186, 222, 244), rgb(255, 255, 250), 1.06),
    "dusk": (rgb(70, 52, 120), rgb(250, 130, 70), rgb(255, 214, 184), 0.90),
    "night": (rgb(10, 14, 44), rgb(42, 54, 104), rgb(150, 164, 220), 0.62),
    "storm": (rgb(52, 58, 70), rgb(128, 136, 146), rgb(208, 214, 224), 0.78),
}
GRASS, SAND, SNOW, EARTH = rgb(92, 148, 62), rgb(222, 184, 122), rgb(232, 240, 250), rgb(120, 96, 70)


def light_of(spec):
    """Colour factor of the scene's light."""
    if spec["backdrop"] != "landscape":
        return np.ones(3, F)
    _, _, c, k = SKIES[spec["time"]]
    return c * F(k)


def sky(c, spec):
    zen, hor, _, _ = SKIES[spec["time"]]
    h = spec["horizon"]
    jit = c.rng.uniform(-0.035, 0.035, 3).astype(F)
    t = np.clip(c.y / F(h), 0, 1) ** F(1.3)
    c.img[:] = mix(zen + jit, hor + jit, t)
    c.img += F(0.015) * fbm(c.rng, c.h, c.w, 3, 3, 2.0)[..., None]
    if "stars" in spec["extras"]:
        stars(c, h)
    if "sun" in spec["extras"]:
        disc(c, spec, rgb(255, 246, 200) if spec["time"] == "day" else rgb(255, 216, 140), glow=0.55)
    if "moon" in spec["extras"]:
        disc(c, spec, rgb(240, 240, 224), glow=0.25, moon=True)
    if "clouds" in spec["extras"] or spec["time"] == "storm":
        clouds(c, spec)


def stars(c, h):
    n = int(90 * c.aspect)
    xs, ys = c.rng.uniform(0, c.aspect, n), c.rng.uniform(0, h * 0.95, n)
    r = c.rng.uniform(0.9, 2.0, n) * max(c.px, 1 / 300)
    for x, y, k in zip(xs, ys, r):
        win = c.window(x - 3 * k, y - 3 * k, x + 3 * k, y + 3 * k)
        if win is not None:
            d2 = (win.x - F(x)) ** 2 + (win.y - F(y)) ** 2
            win.lay(rgb(250, 250, 235), np.exp(-d2 / F(k * k)))


def disc(c, spec, colour, glow, moon=False):
    x, y = spec["sun"]
    x, y, r = x * c.aspect, y * spec["horizon"], spec["sun_r"]
    d = np.sqrt((c.x - F(x)) ** 2 + (c.y - F(y)) ** 2)
    c.img += (colour - c.img) * (F(glow) * np.exp(-np.maximum(d - F(r), 0) / F(0.13)))[..., None]
    a = c.cover(d - F(r), 1.5)
    if moon and spec["sun_phase"] > 0.3:
        a = a * (1 - c.cover(np.sqrt((c.x - F(x + r * 0.55)) ** 2 + (c.y - F(y - r * 0.15)) ** 2) - F(r * 0.95)))
    c.lay(colour, a)


def clouds(c, spec):
    h, storm = spec["horizon"], spec["time"] == "storm"
    n = fbm(c.rng, c.h, c.w, 4, 5, 2.2) + F(0.35) * fbm(c.rng, c.h, c.w, 2, 2, 2.5)
    lit = np.roll(n, 3 * c.h // 128, axis=0)
    a = step(-0.1 if storm else 0.08, 0.55, n) * (1 - step(h * 0.8, h * 1.02, c.y)) * F(0.9)
    zen, hor, light, _ = SKIES[spec["time"]]
    top = rgb(150, 156, 166) if storm else mix(hor, light, F(0.7))
    if spec["time"] == "night":
        top = rgb(86, 94, 130)
    under = mix(top * F(0.72), zen, F(0.25))
    c.lay(mix(under, top, step(-0.25, 0.3, n - lit)), a)


def land(c, colour, spec, cells=10, aspect=4.0, grain=0.06, lum=None):
    """Fills below the horizon with a lit, grainy colour; nearer is warmer and coarser."""
    h = spec["horizon"]
    d = np.clip((c.y - F(h)) / F(1 - h), 0, 1)
    g = fbm(c.rng, c.h, c.w, cells, 4, aspect) * F(grain) * (F(0.4) + F(0.6) * d)
    col = colour * light_of(spec) * (F(0.9) + F(0.16) * d)[..., None] + g[..., None] * np.array([1, 1, 0.6], F)
    _, hor, _, _ = SKIES[spec["time"]]
    col = mix(col, hor * light_of(spec), np.exp(-d * 7) * F(0.35))
    c.lay(col, c.cover(F(h) - c.y))
    return d


def hills(c, spec, top, colour, cells, rough, shade=0.0, snow=None):
    """One range of hills: `top` is its mean height above the horizon in parts of the picture."""
    h = spec["horizon"]
    prof = ridge(c.rng, c.w, cells * c.aspect, 5 if rough else 3, 0.5 if rough else 0.3)
    if rough:
        prof = 0.6 - 1.5 * np.abs(prof)
    edge = (F(h - top) - F(top * 0.7) * prof)[None, :]
    n = fbm(c.rng, c.h, c.w, 12, 4, 1.0) * F(0.10 if rough else 0.05)
    slope = np.gradient(prof)[None, :] * F(c.h * 0.02)
    lum = F(1 - shade) + n + np.clip(slope, -0.12, 0.12) * (1 if spec["sun"][0] < 0.5 else -1)
    col = colour * lum[..., None]
    if snow is not None:
        cap = step(0.02, -0.03, (c.y - edge) - F(top * 0.55) - n * F(0.6) + F(0.03))
        col = mix(col, SNOW * light_of(spec) * (F(0.82) + n * 1.5 + F(0.15))[..., None], cap)
    c.lay(np.clip(col, 0, 1), c.cover(edge - c.y) * c.cover(c.y - F(h + 0.02), 8))


def haze(spec, colour, k):
    return mix(colour * light_of(spec), SKIES[spec["time"]][1] * F(0.95), F(k))


def water(c, spec, top, bottom=1.1):
    """Water between two heights: the sky mirrored, wave streaks, the sun's road."""
    zen, hor, light, k = SKIES[spec["time"]]
    base = mix(rgb(28, 92, 138) * light * F(k), hor, F(0.25))
    d = np.clip((c.y - F(top)) / F(max(1 - top, 0.1)), 0, 1)
    col = mix(mix(hor, base, F(0.45)), base * F(0.8), d ** F(0.6))
    n = 0
    for cells, asp, near in ((60, 14, 0.35), (26, 9, 0.7), (12, 6, 1.0)):
        n = n + fbm(c.rng, c.h, c.w, cells, 2, asp) * np.exp(-((d - F(near)) / F(0.4)) ** 2)
    col = col + (n * F(0.07))[..., None] * np.array([0.8, 1, 1.1], F)
    if "sun" in spec["extras"] or "moon" in spec["extras"]:
        x = spec["sun"][0] * c.aspect
        road = np.exp(-((c.x - F(x)) / (F(0.05) + F(0.16) * d)) ** 2) * step(-0.1, 0.7, n)
        col = mix(col, light, road * F(0.65))
    a = c.cover(F(top) - c.y) * c.cover(c.y - F(bottom))
    c.lay(np.clip(col, 0, 1), a)
    return a


def trees(c, spec, count, base, size, colour):
    """A row of far trees: blobs of foliage along a line."""
    for i in range(int(count * c.aspect)):
        x = (i + c.rng.uniform(-0.3, 1.3)) / count
        s = size * c.rng.uniform(0.7, 1.3)
        win = c.window(x - s, base - 2.2 * s, x + s, base + 0.2 * s)
        if win is None:
            continue
        g = win.grain(40, 2)
        y = win.y - F(base - s)
        w = np.clip((y + F(1.1 * s)) / F(2 * s), 0, 1)
        d = np.abs(win.x - F(x)) - F(0.55 * s) * w * (F(1) + F(0.35) * g)
        a = win.cover(np.maximum(d, np.maximum(-y - F(1.05 * s), y - F(0.95 * s))), 1.5)
        lum = F(c.rng.uniform(0.75, 1.1)) + F(0.18) * g - F(0.2) * (win.x - F(x)) / F(s)
        win.lay(np.clip(colour * lum[..., None], 0, 1), a)


def strokes(c, spec, colour, d):
    """Blades of grass as upright noise."""
    g = fbm(c.rng, c.h, c.w, 30, 3, 0.4)
    c.img += (g * F(0.055) * d * c.cover(F(spec["horizon"]) - c.y))[..., None] * np.array([0.9, 1, 0.5], F)


def ground(c, spec):
    kind, h, far = spec["ground"], spec["horizon"], SKIES[spec["time"]][1]
    L = light_of(spec)
    if kind == "sea":
        water(c, spec, h)
    elif kind == "lake":
        hills(c, spec, 0.09, haze(spec, rgb(80, 116, 92), 0.35), 3, False)
        water(c, spec, h)
        d = np.clip((c.y - F(h)) / F(0.16), 0, 1)
        c.img *= (F(1) - F(0.22) * (1 - d) * c.cover(F(h) - c.y))[..., None]
        if spec["flag"] > 0.5:
            shore(c, spec)
    elif kind == "hills":
        for i, top in enumerate((0.16, 0.10, 0.05)):
            hills(c, spec, top, haze(spec, mix(rgb(78, 128, 74), GRASS, F(i / 2)), 0.45 - 0.18 * i), 2 + i, False)
        strokes(c, spec, GRASS, land(c, GRASS, spec))
    elif kind == "mountains":
        hills(c, spec, 0.22, haze(spec, rgb(104, 108, 124), 0.35), 3, True, snow=True)
        hills(c, spec, 0.07, haze(spec, rgb(84, 104, 84), 0.2), 5, False)
        strokes(c, spec, GRASS, land(c, mix(GRASS, EARTH, F(0.2)), spec))
    elif kind == "snow":
        hills(c, spec, 0.07, haze(spec, rgb(206, 218, 236), 0.3), 3, False)
        land(c, SNOW, spec, 4, 3.0, 0.05)
    elif kind == "desert":
        hills(c, spec, 0.08, haze(spec, rgb(206, 160, 104), 0.25), 2, False)
        land(c, SAND, spec, 8, 5.0, 0.06)
        dunes(c, spec)
    else:
        woods(c, spec, kind, h)
    if spec["time"] == "storm" and spec["flag"] > 0.4:
        rain(c)


def woods(c, spec, kind, h):
    dry = kind == "road" and spec["flag"] > 0.6
    if kind in ("meadow", "river", "road"):
        hills(c, spec, 0.06, haze(spec, rgb(86, 128, 84), 0.35), 3, False)
    if kind == "forest":
        trees(c, spec, 9, h + 0.02, 0.17, haze(spec, rgb(44, 92, 58), 0.3))
        trees(c, spec, 6, h + 0.06, 0.22, haze(spec, rgb(34, 78, 44), 0.08))
    base = mix(GRASS, SAND, F(0.65)) if dry else GRASS
    strokes(c, spec, GRASS, land(c, base * (F(0.82) if kind == "forest" else F(1)), spec))
    if kind == "forest":
        trees(c, spec, 3, h + 0.10, 0.26, rgb(36, 84, 44) * light_of(spec))
    if kind == "meadow":
        speckle(c, spec)
    if kind in ("road", "river"):
        way(c, spec, kind)


def shore(c, spec):
    """A strip of near shore at the bottom of a lake."""
    e = (F(0.9) + F(0.03) * ridge(c.rng, c.w, 4 * c.aspect, 4))[None, :]
    g = fbm(c.rng, c.h, c.w, 24, 3, 1.5)
    c.lay(np.clip(mix(SAND, GRASS, F(spec["flag"])) * light_of(spec) * (F(0.9) + F(0.1) * g)[..., None], 0, 1), c.cover(e - c.y, 2))


def dunes(c, spec):
    h = spec["horizon"]
    for i in range(3):
        y0 = h + (1 - h) * (0.12 + 0.26 * i)
        p = ridge(c.rng, c.w, 1.6 * c.aspect, 2, 0.3)[None, :]
        e = F(y0) + F(0.05 + 0.02 * i) * p
        below = np.clip((c.y - e) / F(0.16), 0, 1)
        a = c.cover(e - c.y) * (1 - below) * F(0.32)
        c.lay(SAND * light_of(spec) * F(0.62 if i % 2 else 1.12), a)


def way(c, spec, kind):
    """A road or river that runs from the horizon to the viewer."""
    h = spec["horizon"]
    d = np.clip((c.y - F(h)) / F(1 - h), 0, 1)
    x0, bend = (0.3 + 0.4 * spec["flag"]) * c.aspect, spec["bend"]
    mid = F(x0) + F(bend) * np.sin(d * F(5.0)) * (F(0.15) + d) * F(0.22)
    half = F(0.008) + F(0.20 if kind == "road" else 0.24) * d ** F(1.4)
    e = np.abs(c.x - mid) - half
    a = c.cover(e, 1.5) * c.cover(F(h) - c.y)
    if kind == "river":
        keep = c.img.copy()
        water(c, spec, h)
        c.img[:] = mix(keep * (F(1) - F(0.25) * np.exp(-np.maximum(e, 0) / F(0.01)) * d)[..., None], c.img, a)
        return
    g = fbm(c.rng, c.h, c.w, 20, 3, 2.5)
    c.lay(np.clip(rgb(150, 142, 132) * light_of(spec) * (F(0.9) + F(0.10) * g)[..., None], 0, 1), a)
    line = c.cover(np.abs(c.x - mid) - half * F(0.05)) * a * (np.sin(np.sqrt(d) * F(60)) > 0)
    c.lay(rgb(240, 236, 220) * light_of(spec), line)


def speckle(c, spec):
    """Small far flowers in the grass."""
    h = spec["horizon"]
    cols = list(COLOURS.values())
    for _ in range(int(40 * c.aspect)):
        d = c.rng.uniform(0.08, 1)
        x, y, r = c.rng.uniform(0, c.aspect), h + (1 - h) * d, 0.002 + 0.007 * d
        win = c.window(x - 2 * r, y - 2 * r, x + 2 * r, y + 2 * r)
        if win is not None:
            q = ((win.x - F(x)) ** 2 + (win.y - F(y)) ** 2 * 2) / F(r * r)
            win.lay(cols[c.rng.choice([0, 2, 7, 10, 6])] * light_of(spec), np.exp(-q * q))


def rain(c):
    n = fbm(c.rng, c.h, c.w, 34, 2, 0.15)
    n = np.roll(n, c.h // 9, axis=1)
    c.img += (step(0.35, 1.0, n) * F(0.10))[..., None]


def material(c, spec):
    """A wall of brick, planks, stone or tiles, or cloth with stripes, checks or dots."""
    kind, s = spec["material"], spec["pitch"]
    colour = COLOURS[spec["wall_colour"]] if spec["wall_colour"] else None
    n, fine = fbm(c.rng, c.h, c.w, 5, 3), fbm(c.rng, c.h, c.w, 32, 3)
    base, gap = {"brick": (rgb(168, 82, 60), rgb(196, 184, 170)), "planks": (rgb(164, 116, 70), rgb(70, 46, 28)),
                 "stone": (rgb(146, 144, 138), rgb(92, 90, 86)), "tiles": (rgb(120, 168, 182), rgb(232, 230, 224)),
                 }.get(kind, (rgb(196, 70, 70), rgb(240, 234, 222)))
    base = base if colour is None else colour
    if kind in ("stripes", "checks", "dots"):
        cloth(c, kind, s, base, gap if luma1(base) < 0.8 else rgb(120, 130, 150), n, fine)
    else:
        courses(c, kind, s, base, gap, n, fine)
    if spec["floor"] < 1:
        edge = F(spec["floor"])
        col = rgb(150, 126, 100) * (F(0.9) + F(0.12) * fine + F(0.25) * (c.y - edge))[..., None]
        c.lay(np.clip(col, 0, 1), c.cover(edge - c.y))
        c.img *= (F(1) - F(0.25) * np.exp(-np.abs(c.y - edge) / F(0.03)))[..., None]
    lx = spec["sun"][0] * c.aspect
    c.img *= (F(1.08) - F(0.30) * np.sqrt((c.x - F(lx)) ** 2 + (c.y - F(0.15)) ** 2))[..., None]


def luma1(c):
    return float(0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2])


def courses(c, kind, s, base, gap, n, fine):
    x, y = c.x + n * F(0.004), c.y + n * F(0.004)
    sy, sx = {"brick": (s, s * 2.2), "planks": (9.0, s * 1.3), "stone": (s * 1.5, s * 2.4), "tiles": (s * 1.6, s * 1.6)}[kind]
    row = np.floor(y / F(sy))
    shift = (row % 2) * F(0.5) if kind == "brick" else (np.sin(row * F(7.3)) if kind == "stone" else 0)
    u, v = x / F(sx) + shift, y / F(sy)
    col = np.floor(u)
    cell = np.sin(row * F(12.9898) + col * F(78.233) + F(s * 50)) * F(43758.547)
    cell = cell - np.floor(cell) - F(0.5)
    fu, fv = (u - col) * F(sx), (v - row) * F(sy)
    r = np.minimum(np.minimum(fu, F(sx) - fu), np.minimum(fv, F(sy) - fv))
    joint = F({"brick": 0.007, "planks": 0.004, "stone": 0.009, "tiles": 0.006}[kind])
    if kind == "planks":
        fine = np.sin((c.x + n * F(0.05)) * F(220) + cell * 30) * F(0.5) * (F(0.5) + np.abs(n)) + fine * F(0.4)
    body = base * (F(1.0) + F(0.20) * cell + F(0.10) * fine + F(0.06) * n)[..., None]
    shine = step(joint, joint * 3, r) * F(0.08) * (F(1) - fv / F(sy))
    c.img[:] = np.clip(mix(gap * (F(0.95) + F(0.05) * fine)[..., None], body + shine[..., None], step(joint - c.px, joint + c.px, r)), 0, 1)


def cloth(c, kind, s, base, other, n, fine):
    fold = fbm(c.rng, c.h, c.w, 2, 2, 0.5)
    x, y = c.x + fold * F(0.03), c.y + n * F(0.012)
    p = F(s * 1.6)
    sx, sy = np.abs((x / p) % 2 - 1) - F(0.5), np.abs((y / p) % 2 - 1) - F(0.5)
    k = c.px / p
    if kind == "stripes":
        t = step(-k, k, sx)
    elif kind == "checks":
        t = (step(-k, k, sx) + step(-k, k, sy)) * F(0.5)
    else:
        t = 1 - step(-k, k, np.sqrt(sx ** 2 + sy ** 2) - F(0.28))
        u = np.sqrt((np.abs(sx) - F(0.5)) ** 2 + (np.abs(sy) - F(0.5)) ** 2)
        t = np.minimum(t, F(1)) if s > 9 else t * (u > 0)
    weave = fine * F(0.04) + fold * F(0.09)
    c.img[:] = np.clip(mix(base, other, t) * (F(1) + weave)[..., None], 0, 1)


def plain(c, spec):
    """A softly lit coloured backdrop."""
    base = COLOURS[spec["wall_colour"]]
    n = fbm(c.rng, c.h, c.w, 3, 4)
    lx = spec["sun"][0] * c.aspect
    g = F(1.05) - F(0.30) * np.sqrt((c.x - F(lx)) ** 2 + (c.y - F(0.2)) ** 2) + F(0.05) * n
    c.img[:] = np.clip(mix(base, rgb(228, 224, 216), F(0.25)) * g[..., None], 0, 1)
    if spec["floor"] < 1:
        e = c.y - F(spec["floor"])
        c.img *= (F(1) - F(0.16) * step(-0.02, 0.05, e))[..., None]
