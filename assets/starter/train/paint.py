"""Brushes of the world: a canvas of floats, coordinates, noise and soft-edged shapes. numpy only.

Coordinates: y runs from 0 (top) to 1 (bottom), x from 0 to width/height, so a scene looks the same at
every size. A shape is a signed distance in those units (negative inside); `cover` turns it into a soft
edge about one pixel wide. Everything that is drawn at random takes a numpy Generator.
"""
import numpy as np

F = np.float32


def rgb(*v):
    return np.array(v, F) / F(255)


_weights = {}


def _spread(cells, size, start=0.0, stop=1.0):
    """Matrix (size, cells) that stretches a row of cell values smoothly over size samples."""
    key = (cells, size, start, stop)
    if key not in _weights:
        p = (start + (np.arange(size) + 0.5) / size * (stop - start)) * (cells - 1)
        i = np.clip(np.floor(p).astype(int), 0, cells - 2)
        f = p - i
        f = f * f * (3 - 2 * f)
        m = np.zeros((size, cells), F)
        m[np.arange(size), i] = 1 - f
        m[np.arange(size), i + 1] += f
        if len(_weights) > 400:
            _weights.clear()
        _weights[key] = m
    return _weights[key]


def noise(rng, h, w, cells_y, cells_x):
    """Value noise in [-1, 1]: a random grid stretched over h×w."""
    g = rng.uniform(-1, 1, (max(cells_y, 2), max(cells_x, 2))).astype(F)
    return _spread(g.shape[0], h) @ g @ _spread(g.shape[1], w).T


def fbm(rng, h, w, cells, octaves=4, aspect=1.0, gain=0.5):
    """Fractal noise, about [-1, 1]; `cells` per height, `aspect` > 1 stretches it sideways."""
    out, a, total = np.zeros((h, w), F), 1.0, 0.0
    for o in range(octaves):
        cy = cells * 2 ** o
        cx = max(int(cy * w / h / aspect), 2)
        if cy > h:
            break
        out += F(a) * noise(rng, h, w, int(cy) + 1, cx + 1)
        total += a
        a *= gain
    return out / F(total * 0.75)


def ridge(rng, w, cells, octaves=4, gain=0.5):
    """One-dimensional fractal noise over w samples, about [-1, 1]."""
    out, a, total = np.zeros(w, F), 1.0, 0.0
    for o in range(octaves):
        n = int(cells * 2 ** o) + 2
        out += F(a) * (_spread(n, w) @ rng.uniform(-1, 1, n).astype(F))
        total += a
        a *= gain
    return out / F(total * 0.75)


def step(lo, hi, x):
    t = np.clip((x - lo) / F(hi - lo), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, t):
    if np.ndim(t) == 2:
        t = t[..., None]
    return a + (b - a) * t


class Canvas:
    """A picture being painted: `img` (h, w, 3) float32 in [0, 1]."""

    def __init__(self, rng, width, height):
        self.rng, self.w, self.h = rng, width, height
        self.aspect = width / height
        self.px = F(1.0 / height)
        self.y = ((np.arange(height, dtype=F) + F(0.5)) / F(height))[:, None] + np.zeros((1, width), F)
        self.x = ((np.arange(width, dtype=F) + F(0.5)) / F(height))[None, :] + np.zeros((height, 1), F)
        self.img = np.zeros((height, width, 3), F)

    def window(self, x0, y0, x1, y1):
        """The part of the canvas in a rectangle of scene coordinates, or None when it lies outside."""
        a, b = max(int(x0 * self.h) - 2, 0), min(int(x1 * self.h) + 3, self.w)
        c, d = max(int(y0 * self.h) - 2, 0), min(int(y1 * self.h) + 3, self.h)
        if a >= b or c >= d:
            return None
        return Window(self, slice(c, d), slice(a, b))

    def cover(self, d, soft=1.0):
        return np.clip(F(0.5) - d / (self.px * F(1.4 * soft)), 0, 1)

    def lay(self, colour, alpha):
        self.img += (colour - self.img) * (alpha[..., None] if np.ndim(alpha) == 2 else alpha)


class Window:
    """A rectangle of a canvas with its own coordinates; painting goes to the canvas."""

    def __init__(self, canvas, rows, cols):
        self.c, self.rows, self.cols = canvas, rows, cols
        self.x, self.y = canvas.x[rows, cols], canvas.y[rows, cols]
        self.shape = self.x.shape
        self.cover, self.px, self.rng = canvas.cover, canvas.px, canvas.rng
        self.alpha = np.zeros(self.shape, F)  # all that was laid as part of the object

    @property
    def img(self):
        return self.c.img[self.rows, self.cols]

    def lay(self, colour, alpha, body=True):
        img = self.img
        img += (colour - img) * alpha[..., None]
        if body:
            np.maximum(self.alpha, alpha, out=self.alpha)

    def grain(self, cells, octaves=3):
        """Noise whose cells keep their size relative to the scene."""
        h, w = self.shape
        return fbm(self.rng, h, w, max(int(cells * h * self.px), 2), octaves)


def circle(x, y, r):
    return np.sqrt(x * x + y * y) - F(r)


def ellipse(x, y, rx, ry):
    k = np.sqrt((x / F(rx)) ** 2 + (y / F(ry)) ** 2)
    return (k - 1) * F(min(rx, ry))


def box(x, y, hw, hh, r=0.0):
    qx, qy = np.abs(x) - F(hw - r), np.abs(y) - F(hh - r)
    return np.sqrt(np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2) + np.minimum(np.maximum(qx, qy), 0) - F(r)


def polygon(x, y, points):
    """Signed distance to a polygon given as (x, y) points."""
    p = np.asarray(points, F)
    d = np.full(x.shape, 1e9, F)
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(p, np.roll(p, -1, axis=0)):
        ex, ey = bx - ax, by - ay
        wx, wy = x - ax, y - ay
        t = np.clip((wx * ex + wy * ey) / max(ex * ex + ey * ey, 1e-12), 0, 1)
        d = np.minimum(d, (wx - ex * t) ** 2 + (wy - ey * t) ** 2)
        if ay != by:
            inside ^= ((y < ay) != (y < by)) & (x < ax + (y - ay) / (by - ay) * ex)
    d = np.sqrt(d)
    return np.where(inside, -d, d)


def segment(x, y, ax, ay, bx, by, r):
    ex, ey = bx - ax, by - ay
    t = np.clip(((x - F(ax)) * F(ex) + (y - F(ay)) * F(ey)) / F(max(ex * ex + ey * ey, 1e-12)), 0, 1)
    return np.sqrt((x - F(ax) - F(ex) * t) ** 2 + (y - F(ay) - F(ey) * t) ** 2) - F(r)


def luma(c):
    return c[..., 0] * F(0.299) + c[..., 1] * F(0.587) + c[..., 2] * F(0.114)


def blur(img, r):
    """Box blur twice along both axes; r in pixels."""
    if r < 1:
        return img
    for axis in (0, 1) * 2:
        pad = [(0, 0)] * img.ndim
        pad[axis] = (r + 1, r)
        c = np.cumsum(np.pad(img, pad, mode="edge"), axis=axis, dtype=F)
        n = img.shape[axis]
        hi = [slice(None)] * img.ndim
        lo = [slice(None)] * img.ndim
        hi[axis], lo[axis] = slice(2 * r + 1, 2 * r + 1 + n), slice(0, n)
        img = (c[tuple(hi)] - c[tuple(lo)]) / F(2 * r + 1)
    return img
