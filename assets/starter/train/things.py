"""The twelve things of the world, each drawn lit from one side, with texture and soft edges.

A thing is drawn in its own coordinates: u, v in units of its half size, (0, 0) its middle, v down.
"""
import numpy as np

from paint import F, box, circle, ellipse, mix, polygon, rgb, segment, step

HALF_WIDTH = {"house": 1.05, "tower": 0.55, "boat": 1.1, "balloon": 0.75, "tree": 0.8, "flower": 0.7, "ball": 0.9,
              "cube": 0.95, "star": 1.0, "fish": 1.15, "bird": 1.2, "lantern": 0.65}
FLOATING = ("balloon", "star", "bird", "lantern")
WOOD, STONE, GLASS = rgb(116, 78, 46), rgb(168, 160, 148), rgb(255, 226, 140)


class Pen:
    """Local coordinates of one thing on its window, and the light on it."""

    def __init__(self, win, x, y, half, side, light):
        self.win, self.half, self.side, self.light = win, half, F(side), light
        self.u, self.v = (win.x - F(x)) / F(half), (win.y - F(y)) / F(half)
        self.g = win.grain(22, 3)
        self.px = float(win.px) / half

    def cover(self, d, soft=1.0):
        return np.clip(F(0.5) - d / F(self.px * 1.4 * soft), 0, 1)

    def fill(self, d, colour, lum=1.0, grain=0.07, lit=True):
        """Lays colour × lum where d < 0, with grain, in the scene's light."""
        k = lum + F(grain) * self.g
        col = colour * (k[..., None] if np.ndim(k) == 2 else k)
        if lit:
            col = col * self.light
        self.win.lay(np.clip(col, 0, 1), self.cover(d))

    def round_light(self, cu, cv, ru, rv):
        """Brightness of an egg-shaped body lit from above and one side."""
        nx, ny = (self.u - F(cu)) / F(ru), (self.v - F(cv)) / F(rv)
        nz = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0, 1))
        dot = F(0.42) * self.side * nx - F(0.52) * ny + F(0.74) * nz
        return F(0.52) + F(0.58) * np.clip(dot, 0, 1)

    def gloss(self, cu, cv, r, k=0.6):
        q = ((self.u - F(cu)) ** 2 + (self.v - F(cv)) ** 2) / F(r * r)
        self.win.lay(rgb(255, 255, 250) * self.light, F(k) * np.exp(-q) * (self.win.alpha > 0.5))


def ball(p, c):
    p.fill(circle(p.u, p.v, 0.88), c, p.round_light(0, 0, 0.88, 0.88))
    p.gloss(0.32 * p.side, -0.38, 0.16)


def cube(p, c):
    s = float(p.side)
    top = [(0, -0.88), (0.82, -0.52), (0, -0.14), (-0.82, -0.52)]
    p.fill(polygon(p.u, p.v, [(-0.82, -0.52), (0, -0.14), (0, 0.86), (-0.82, 0.42)]), c, 0.98 if s < 0 else 0.62)
    p.fill(polygon(p.u, p.v, [(0.82, -0.52), (0, -0.14), (0, 0.86), (0.82, 0.42)]), c, 0.98 if s > 0 else 0.62)
    p.fill(polygon(p.u, p.v, top), mix(c, rgb(255, 255, 255), F(0.12)), 1.12)


def house(p, c):
    s = F(p.side)
    shade = F(0.9) + F(0.10) * s * p.u
    roof = rgb(112, 58, 48) if c[0] < 0.55 or c[1] > 0.5 else rgb(74, 70, 80)
    p.fill(box(p.u - F(0.45), p.v + F(0.72), 0.10, 0.24), STONE, 0.8)
    p.fill(box(p.u, p.v - F(0.42), 0.80, 0.52), c, shade * (F(0.94) + F(0.05) * np.sin(p.v * 38)))
    p.fill(polygon(p.u, p.v, [(-1.0, -0.06), (-0.62, -0.80), (0.62, -0.80), (1.0, -0.06)]), roof,
           F(0.92) + F(0.12) * np.sin(p.v * 46) + F(0.08) * s * p.u)
    p.win.img[:] *= (F(1) - F(0.28) * p.cover(box(p.u, p.v + F(0.02), 0.80, 0.05), 4) * p.win.alpha)[..., None]
    p.fill(box(p.u - F(0.08), p.v - F(0.62), 0.13, 0.32, 0.03), WOOD, 0.85)
    glass = mix(rgb(120, 160, 190), GLASS, F(0.9 if p.light.mean() < 0.75 else 0.15))
    for x in (-0.45, 0.50):
        p.fill(box(p.u - F(x), p.v - F(0.34), 0.16, 0.17), rgb(244, 240, 230))
        p.fill(box(p.u - F(x), p.v - F(0.34), 0.12, 0.13), glass, 1.0, lit=False)
        p.fill(np.abs(p.u - F(x)) - F(0.018) + F(10) * (np.abs(p.v - F(0.34)) > 0.13), rgb(244, 240, 230))


def tower(p, c):
    k = F(0.72) + F(0.40) * np.clip(F(0.5) + F(0.9) * p.side * p.u, 0, 1)
    rows = np.abs(np.sin(p.v * 24)) * F(0.08)
    p.fill(polygon(p.u, p.v, [(-0.33, 0.95), (-0.28, -0.42), (0.28, -0.42), (0.33, 0.95)]), c, k + rows)
    p.fill(box(p.u, p.v + F(0.42), 0.37, 0.08), c, k * F(0.86))
    p.fill(polygon(p.u, p.v, [(-0.44, -0.48), (0, -1.0), (0.44, -0.48)]), mix(c, rgb(86, 54, 60), F(0.75)), k)
    glass = mix(rgb(44, 44, 60), GLASS, F(0.9 if p.light.mean() < 0.75 else 0.0))
    for y in (-0.16, 0.26):
        p.fill(np.minimum(box(p.u, p.v - F(y), 0.07, 0.11), circle(p.u, p.v - F(y - 0.10), 0.07)), glass, lit=False)
    p.fill(np.minimum(box(p.u, p.v - F(0.80), 0.11, 0.15), circle(p.u, p.v - F(0.66), 0.11)), WOOD, 0.7)


def boat(p, c):
    s = float(p.side)
    hull = np.maximum(polygon(p.u, p.v, [(-1.02, 0.34), (1.06, 0.28), (0.72, 0.74), (-0.68, 0.74)]), -p.v + F(0.28))
    p.fill(segment(p.u, p.v, 0.02, -0.95, 0.02, 0.34, 0.03), WOOD)
    belly = F(0.95) + F(0.06) * p.side * p.u
    p.fill(polygon(p.u, p.v, [(0.08, -0.9), (0.70, 0.16), (0.08, 0.20)]), rgb(246, 242, 230), F(0.92) + F(0.10) * s * p.u)
    p.fill(polygon(p.u, p.v, [(-0.05, -0.74), (-0.62, 0.18), (-0.05, 0.20)]), mix(c, rgb(250, 246, 236), F(0.35)), F(0.92) - F(0.10) * s * p.u)
    p.fill(hull, c, belly * (F(1.10) - F(0.42) * (p.v - F(0.28)) / F(0.46)))
    p.fill(np.maximum(hull, np.abs(p.v - F(0.40)) - F(0.03)), rgb(245, 242, 234), 0.95)


def balloon(p, c):
    v = p.v + F(0.25)
    w = np.where(v > 0.1, F(1) - (v - F(0.1)) * F(0.55), F(1))
    d = ellipse(p.u / w, v, 0.68, 0.72)
    gore = F(0.93) + F(0.11) * np.cos(np.arcsin(np.clip(p.u / (w * F(0.70)), -1, 1)) * F(8))
    for x in (-0.11, 0.11):
        p.fill(segment(p.u, p.v, x * 2.2, 0.36, x, 0.74, 0.014), WOOD)
    p.fill(d, c, p.round_light(0, -0.25, 0.70, 0.80) * gore)
    p.fill(np.maximum(d, np.abs(v - F(0.14)) - F(0.06)), mix(c, rgb(255, 250, 235), F(0.75)), p.round_light(0, -0.25, 0.70, 0.80))
    p.fill(box(p.u, p.v - F(0.84), 0.14, 0.12, 0.03), WOOD, F(0.95) + F(0.1) * np.sin(p.u * 70))
    p.gloss(0.24 * p.side, -0.55, 0.15, 0.35)


def tree(p, c):
    p.fill(polygon(p.u, p.v, [(-0.14, 0.97), (-0.06, 0.05), (0.06, 0.05), (0.14, 0.97)]), rgb(98, 68, 44), F(0.85) + F(0.3) * p.side * p.u)
    leaf = p.win.grain(46, 2)
    for x, y, r in p.blobs:
        d = circle(p.u - F(x), p.v - F(y), r) - F(0.09) * p.g - F(0.05) * leaf
        p.fill(d, c, p.round_light(x * 0.6, -0.35, 0.95, 0.85) * F(0.95) + F(0.17) * leaf, 0.09)


def flower(p, c):
    p.fill(segment(p.u, p.v, 0.0, -0.3, 0.05, 0.96, 0.045), rgb(66, 128, 54), 0.9)
    for s in (-1, 1):
        p.fill(ellipse((p.u - F(0.24 * s)) * F(0.8) + F(0.6 * s) * (p.v - F(0.55)), (p.v - F(0.55)) + F(0.4 * s) * (p.u - F(0.24 * s)), 0.26, 0.10),
               rgb(76, 142, 60), F(0.9) + F(0.2) * p.side * p.u)
    v = p.v + F(0.36)
    r, a = np.sqrt(p.u ** 2 + v ** 2), np.arctan2(v, p.u)
    n = p.petals
    wave = np.abs(np.cos(a * F(n / 2) + F(p.turn)))
    d = r - F(0.60) * (F(0.62) + F(0.38) * wave)
    p.fill(d, c, F(0.72) + F(0.34) * np.sqrt(np.clip(r / F(0.6), 0, 1)) + F(0.07) * wave - F(0.10) * v)
    core = rgb(250, 206, 70) if c[0] < 0.9 or c[1] < 0.6 or c[2] > 0.5 else rgb(130, 78, 40)
    p.fill(r - F(0.17), core, F(0.95) - F(0.5) * v)


def star(p, c):
    a = np.arange(10) * np.pi / 5 - np.pi / 2 + (p.turn - 0.5) * 0.3
    r = np.where(np.arange(10) % 2 == 0, 0.98, 0.42)
    ang = np.arctan2(p.v, p.u) - F((p.turn - 0.5) * 0.3)
    fold = np.cos(F(5) * (ang + F(np.pi / 2)))
    facet = F(0.10) * np.sign(np.sin(F(5) * (ang + F(np.pi / 2)))) * p.side
    p.fill(polygon(p.u, p.v, np.stack([r * np.cos(a), r * np.sin(a)], 1)), c, F(0.93) + F(0.08) * fold + facet)


def fish(p, c):
    s = float(p.side)
    u = p.u * F(s)
    p.fill(polygon(u, p.v, [(-0.55, 0.0), (-1.12, -0.46), (-0.98, 0.0), (-1.12, 0.46)]), c, 0.82)
    p.fill(polygon(u, p.v, [(-0.25, -0.40), (0.10, -0.78), (0.42, -0.36)]), c, 0.76)
    d = np.abs(p.v) - F(0.50) * np.sqrt(np.clip(1 - ((u - F(0.1)) / F(0.9)) ** 2, 0, 1)) + F(4) * (np.abs(u - F(0.1)) > 0.9)
    scale = np.sin((u + p.v) * 26) * np.sin((u - p.v) * 26)
    p.fill(d, c, F(0.98) - F(0.38) * p.v + F(0.08) * scale)
    p.fill(np.maximum(d, np.abs(u - F(0.12)) - F(0.05)), mix(c, rgb(255, 250, 240), F(0.55)), 1.0)
    p.fill(polygon(u, p.v, [(0.05, 0.05), (-0.32, 0.30), (0.08, 0.24)]), c, 0.70)
    p.fill(circle(u - F(0.66), p.v + F(0.10), 0.11), rgb(250, 250, 245), lit=False, grain=0)
    p.fill(circle(u - F(0.68), p.v + F(0.10), 0.06), rgb(20, 20, 24), lit=False, grain=0)


def bird(p, c):
    s = float(p.side)
    u = p.u * F(s)
    p.fill(polygon(u, p.v, [(-0.42, 0.12), (-1.08, 0.02), (-1.0, 0.34)]), c, 0.8)
    p.fill(ellipse(u, p.v - F(0.16) + F(0.10) * u, 0.62, 0.32), c, F(1.02) - F(0.42) * (p.v - F(0.16)))
    p.fill(circle(u - F(0.62), p.v + F(0.14), 0.25), c, F(1.0) - F(0.4) * p.v)
    p.fill(polygon(u, p.v, [(0.80, -0.24), (1.14, -0.10), (0.80, -0.02)]), rgb(242, 166, 52))
    p.fill(circle(u - F(0.70), p.v + F(0.20), 0.055), rgb(16, 16, 20), lit=False, grain=0)
    tip = -0.5 - 0.45 * p.turn
    feather = F(0.90) + F(0.10) * np.sin((p.v - p.u * F(s * 0.5)) * 30)
    p.fill(polygon(u, p.v, [(0.26, 0.08), (-0.30, -0.95 if p.turn > 0.5 else -0.70), (tip, -0.62), (-0.36, 0.14)]), mix(c, rgb(40, 40, 50), F(0.18)), feather)


def lantern(p, c):
    glow = np.exp(-np.maximum(np.sqrt(p.u ** 2 + p.v ** 2) - F(0.5), 0) / F(0.35)) * F(0.32 if p.light.mean() < 0.95 else 0.10)
    p.win.lay(mix(c, rgb(255, 220, 150), F(0.6)), glow, body=False)
    d = ellipse(p.u, p.v, 0.60, 0.66)
    rib = F(0.95) + F(0.07) * np.cos(p.v * 30)
    inner = np.exp(-(p.u ** 2 + (p.v - F(0.1)) ** 2) / F(0.30))
    lit = mix(c * (F(0.4) + F(0.6) * p.light.mean()) * rib[..., None], mix(c, rgb(255, 244, 200), F(0.45)), inner * F(0.75))
    p.fill(d, np.ones(3, F), lum=1.0, lit=False)
    p.win.lay(np.clip(lit, 0, 1), p.cover(d))
    for y in (-0.70, 0.70):
        p.fill(box(p.u, p.v - F(y), 0.28, 0.07, 0.02), rgb(70, 46, 34), 0.9)
    p.fill(segment(p.u, p.v, 0, -0.97, 0, -0.75, 0.03), rgb(60, 46, 40))
    p.fill(segment(p.u, p.v, 0, 0.75, 0, 0.97, 0.05), c, 0.8)


DRAW = dict(house=house, tower=tower, boat=boat, balloon=balloon, tree=tree, flower=flower, ball=ball, cube=cube,
            star=star, fish=fish, bird=bird, lantern=lantern)


def shadow(c, thing, x, y, half, side, water):
    """Contact shadow on the ground, or a broken reflection on water."""
    base = y + half * (0.74 if thing["noun"] == "boat" else 0.9)
    if thing["noun"] in FLOATING or thing["place"] == "sky":
        return
    w = half * HALF_WIDTH[thing["noun"]]
    if water:
        win = c.window(x - 1.2 * w, base - 0.02, x + 1.2 * w, base + 0.9 * half)
        if win is not None:
            n = win.grain(30, 2)
            a = win.cover(np.abs(win.x - F(x)) - F(0.85 * w) + F(0.25 * w) * n, 6) * win.cover(F(base) - win.y, 3)
            win.lay(mix(thing["rgb"] * F(0.75), rgb(40, 60, 80), F(0.3)), a * F(0.55) * np.exp(-(win.y - F(base)) / F(0.45 * half)))
        return
    sx = x - side * 0.28 * half
    win = c.window(sx - 2 * w, base - half * 0.5, sx + 2 * w, base + half * 0.5)
    if win is not None:
        q = ((win.x - F(sx)) / F(1.05 * w)) ** 2 + ((win.y - F(base)) / F(0.20 * half)) ** 2
        win.lay(rgb(18, 20, 30), F(0.42) * np.exp(-q * F(1.2)))


def draw(c, thing, spec, light):
    """Draws one thing; returns its (rows, cols, alpha) cover, or None when outside."""
    x, y, half = thing["x"] * c.aspect, thing["y"], thing["half"]
    side = 1.0 if spec["sun"][0] > 0.5 else -1.0
    shadow(c, thing, x, y, half, side, spec["on_water"] and thing["place"] != "sky")
    r = half * 1.25
    win = c.window(x - r, y - r, x + r, y + r)
    if win is None:
        return None
    pen = Pen(win, x, y, half, side, light)
    k = thing["shape"]
    pen.turn, pen.petals = F(k[0]), 5 + int(k[1] * 4)
    pen.blobs = [(0.0, -0.45, 0.50), (-0.36 - 0.1 * k[0], -0.22, 0.38), (0.36 + 0.1 * k[1], -0.20, 0.38), (0.1 - 0.2 * k[0], -0.62, 0.34)]
    DRAW[thing["noun"]](pen, thing["rgb"])
    return win.rows, win.cols, win.alpha
