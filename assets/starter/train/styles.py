"""Seven ways a scene can be painted; each takes the finished canvas image and gives it a hand."""
import numpy as np

from paint import F, blur, fbm, luma, mix, rgb, step


def plain(c, img, px):
    """Oil-like: faint canvas grain and brush variation."""
    n = fbm(c.rng, c.h, c.w, 48, 2)
    return img * (F(1) + F(0.022) * n)[..., None]


def flat(c, img, px):
    """Poster paint: few even tones, soft borders."""
    s = blur(img, int(1.6 * px))
    q = s * 5
    f = q - np.floor(q)
    return (np.floor(q) + step(0.35, 0.65, f)) / F(5)


def edges(img, px):
    l = luma(blur(img, int(round(px))))
    gy, gx = np.gradient(l)
    return np.sqrt(gx * gx + gy * gy) * F(px)


def watercolour(c, img, px):
    """Washes that bleed, darker rims, paper."""
    s = blur(img, int(1.5 * px))
    rim = step(0.015, 0.09, edges(s, px))
    bloom = fbm(c.rng, c.h, c.w, 6, 5)
    paper = fbm(c.rng, c.h, c.w, 56, 2)
    out = mix(rgb(250, 247, 238), s, F(0.86) + F(0.07) * bloom)
    return out * (F(1) - F(0.20) * rim + F(0.025) * paper)[..., None]


def ink(c, img, px):
    """Brown-black lines over a pale wash."""
    e = step(0.035, 0.11, edges(img, px) * (F(1) + F(0.3) * fbm(c.rng, c.h, c.w, 24, 2)))
    wash = mix(rgb(248, 243, 230), blur(img, int(1.5 * px)), F(0.62))
    return mix(wash, rgb(32, 28, 34), e * F(0.9))


def pixel(c, img, px):
    """Big square pixels of few tones."""
    b = max(int(6 * px + 0.5), 2)
    h, w = -(-c.h // b) * b, -(-c.w // b) * b
    p = np.pad(img, ((0, h - c.h), (0, w - c.w), (0, 0)), mode="edge")
    m = p.reshape(h // b, b, w // b, b, 3).mean((1, 3))
    m = np.round(m * 11) / F(11)
    return np.repeat(np.repeat(m, b, 0), b, 1)[:c.h, :c.w]


def mosaic(c, img, px):
    """Small uneven stones with pale joints."""
    s = 9.0 * px
    ny, nx = int(c.h / s) + 3, int(c.w / s) + 3
    jy, jx = c.rng.uniform(0.15, 0.85, (ny, nx)).astype(F), c.rng.uniform(0.15, 0.85, (ny, nx)).astype(F)
    y, x = c.y * F(c.h / s) + F(1), c.x * F(c.h / s) + F(1)
    iy, ix = y.astype(int), x.astype(int)
    best = np.full((c.h, c.w), 9, F)
    second, by, bx = best.copy(), iy.copy(), ix.copy()
    for oy in (-1, 0, 1):
        for ox in (-1, 0, 1):
            cy, cx = np.clip(iy + oy, 0, ny - 1), np.clip(ix + ox, 0, nx - 1)
            d = (y - cy - jy[cy, cx]) ** 2 + (x - cx - jx[cy, cx]) ** 2
            near = d < best
            second = np.where(near, best, np.minimum(second, d))
            best = np.where(near, d, best)
            by, bx = np.where(near, cy, by), np.where(near, cx, bx)
    sy = np.clip(((by + jy[by, bx] - 1) * s).astype(int), 0, c.h - 1)
    sx = np.clip(((bx + jx[by, bx] - 1) * s).astype(int), 0, c.w - 1)
    soft = blur(img, int(2 * px))
    tone = np.sin(by * F(12.9) + bx * F(78.2)) * F(0.06)
    joint = step(0.02, 0.16, np.sqrt(second) - np.sqrt(best))
    return mix(rgb(206, 200, 188), soft[sy, sx] * (F(1) + tone)[..., None], F(0.25) + F(0.75) * joint)


def pencil(c, img, px):
    """Coloured pencil: hatching that thickens with darkness, light outlines, paper."""
    l = luma(blur(img, int(px)))
    n = fbm(c.rng, c.h, c.w, 40, 2)
    wob = fbm(c.rng, c.h, c.w, 5, 2) * F(0.02)
    hatch = np.sin((c.x + c.y + wob) * F(430)) * F(0.5) + F(0.5)
    t = step(0.0, 0.55, F(1.05) - l - F(0.5) * hatch + F(0.22) * n)
    col = mix(img, np.clip(img * F(1.25), 0, 1), F(0.5))
    out = mix(rgb(250, 248, 242), col, F(0.42) + F(0.46) * t)
    return out * (F(1) - F(0.45) * step(0.04, 0.16, edges(img, px)))[..., None]


PAINT = dict(plain=plain, flat=flat, watercolour=watercolour, ink=ink, pixel=pixel, mosaic=mosaic, pencil=pencil)
