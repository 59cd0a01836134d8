"""The latent space, as plain arithmetic: what the autoencoder's encoder computes, in numpy.

Per 8×8 block: brightness, blue minus brightness, red minus brightness (of the block's mean colour) and the
step in brightness from its upper to its lower half; each shifted and scaled to mean 0 and spread 1 over
the world. autoencoder.py builds a network of the usual layout that computes exactly this, so training
needs no encoding pass, and a denoiser that works on block means learns fast on two cores. (2026-11-23:
a learned encoder was tried first; on a shared two-core machine it was far from done in the time there was.)
"""
import numpy as np

# rows: brightness, blue difference, red difference, step; columns: R, G, B in [-1, 1], step of brightness
MIX = np.array([[0.299, 0.587, 0.114, 0], [-0.299, -0.587, 0.886, 0], [0.701, -0.587, -0.114, 0], [0, 0, 0, 1]], np.float32)
MEAN = np.array([0.005, -0.042, -0.034, 0.0], np.float32)  # measured over 400 scenes
SPREAD = np.array([0.374, 0.333, 0.240, 0.0895], np.float32)
LUMA = MIX[0, :3]


def blocks(pic, size=8):
    """Float picture (h, w, 3) in [-1, 1] → (4, h/size, w/size): mean R, G, B and the step, not yet scaled."""
    h, w = pic.shape[0] // size, pic.shape[1] // size
    rows = np.kron(np.eye(2 * h, dtype=np.float32), np.full((1, size // 2), 2 / size, np.float32))
    halves = (rows @ pic.reshape(pic.shape[0], -1)).reshape(h, 2, w, size, 3).mean(3)
    rgb = halves.mean(1)
    step = (halves[:, 0] - halves[:, 1]) @ LUMA
    return np.concatenate([rgb.transpose(2, 0, 1), step[None]])


def scale(b):
    """Block values (…, 4, h, w) → latents."""
    v = np.einsum("ij,...jhw->...ihw", MIX, b)
    return (v - MEAN[:, None, None]) / SPREAD[:, None, None]


def encode(pic, size=8):
    return scale(blocks(pic, size)).astype(np.float32)


def pixels(a):
    """uint8 → float in [-1, 1]."""
    return a.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1)
