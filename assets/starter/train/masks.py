"""Masks for a scene: 1 = paint, 0 = keep. Strokes, blobs, rectangles, thing-shaped, whole, half planes, borders.

`about_thing` covers one thing of the scene (its prompt may then name that thing alone); `anywhere`
ignores the content. Both return a bool array (h, w); edges are hard, as a mask's are after thresholding.
"""
import numpy as np

from paint import F, blur, fbm, segment

KINDS = ["strokes", "blob", "rectangle", "half", "border", "whole"]

# share of whole scenes that training masks as an outpaint does: among all shapes it is too rare to learn to go on
SIDES = 0.5


def grid(h, w):
    y = np.arange(h, dtype=F)[:, None] / F(h) + np.zeros((1, w), F)
    x = np.arange(w, dtype=F)[None, :] / F(h) + np.zeros((h, 1), F)
    return x, y


def about_thing(rng, cover, t):
    """A mask over a thing: its grown shape, its box, an ellipse or a scribble. None when hardly visible."""
    h, w = cover.shape
    on = cover > 0.5
    if on.sum() < 0.002 * h * w:
        return None
    ys, xs = np.where(on.any(1))[0], np.where(on.any(0))[0]
    y0, y1, x0, x1 = ys[0], ys[-1] + 1, xs[0], xs[-1] + 1
    kind = rng.random()
    m = int(h * rng.uniform(0.012, 0.07))
    if kind < 0.25:
        return blur(on.astype(F), max(m // 2, 2)) > 0.02
    out = np.zeros((h, w), bool)
    if kind < 0.7:
        d = rng.integers(m // 2, 2 * m + 1, 4)
        out[max(y0 - d[0], 0):y1 + d[1], max(x0 - d[2], 0):x1 + d[3]] = True
        return out
    x, y = grid(h, w)
    cx, cy, rx, ry = (x0 + x1) / 2 / h, (y0 + y1) / 2 / h, ((x1 - x0) / 2 + m) / h, ((y1 - y0) / 2 + m) / h
    k = np.sqrt(((x - F(cx)) / F(rx)) ** 2 + ((y - F(cy)) / F(ry)) ** 2)
    wob = fbm(rng, h, w, 5, 2) * F(0.22) if kind > 0.85 else F(0)
    return k < F(1.22) + wob


def anywhere(rng, h, w, kind=None):
    kind = kind or KINDS[int(rng.choice(len(KINDS), p=[0.22, 0.22, 0.2, 0.18, 0.18, 0.0]))]
    x, y = grid(h, w)
    a = w / h
    if kind == "whole":
        return np.ones((h, w), bool)
    if kind == "half":
        cut, side = rng.uniform(0.25, 0.75), int(rng.integers(4))
        return [x < cut * a, x > cut * a, y < cut, y > cut][side]
    if kind == "border":
        m = rng.uniform(0.08, 0.3, 4) * (rng.random(4) < 0.6)
        if not m.any():
            m[:] = 0.2
        return (x < m[0]) | (x > a - m[1]) | (y < m[2]) | (y > 1 - m[3])
    if kind == "rectangle":
        out = np.zeros((h, w), bool)
        for _ in range(int(rng.integers(1, 4))):
            cw, ch = rng.uniform(0.15, 0.6, 2)
            x0, y0 = rng.uniform(-0.1, a - 0.05), rng.uniform(-0.1, 0.95)
            out |= (x >= x0) & (x < x0 + cw) & (y >= y0) & (y < y0 + ch)
        return out
    if kind == "blob":
        n = fbm(rng, h, w, int(rng.integers(2, 5)), 3)
        return n > np.quantile(n, rng.uniform(0.4, 0.85))
    out = np.zeros((h, w), bool)
    for _ in range(int(rng.integers(1, 4))):
        px, py, ang, r = rng.uniform(0, a), rng.uniform(0, 1), rng.uniform(0, 6.3), rng.uniform(0.02, 0.09)
        for _ in range(int(rng.integers(3, 9))):
            ang += rng.uniform(-1.0, 1.0)
            l = rng.uniform(0.06, 0.2)
            qx, qy = px + l * np.cos(ang), py + l * np.sin(ang)
            out |= segment(x, y, px, py, qx, qy, r) < 0
            px, py = qx, qy
    return out


def outpaint(rng, h, w):
    """A mask that leaves a side or the middle of the picture."""
    return anywhere(rng, h, w, "half" if rng.random() < 0.6 else "border")


def for_scene(rng, s, covers):
    """(mask, index of the thing it is about or -1); about a thing in most scenes that have one."""
    h, w = covers[0].shape if covers else (256, 256)
    if covers:
        i = int(rng.integers(len(covers)))
        m = about_thing(rng, covers[i], s["things"][i])
        if m is not None:
            return m, i
    return anywhere(rng, h, w), -1
