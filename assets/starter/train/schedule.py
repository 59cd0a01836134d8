"""The noise schedule: scaled-linear betas rescaled to zero signal at the last of 1000 steps; v-prediction.

Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1.
"""
import torch

SCHEDULE = {"kind": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "steps": 1000, "zero_terminal_snr": True}


def alphas():
    """Cumulative alpha of every step (1000,), float64; the last is 0."""
    k = SCHEDULE
    b = torch.linspace(k["beta_start"] ** 0.5, k["beta_end"] ** 0.5, k["steps"], dtype=torch.float64) ** 2
    r = (1 - b).cumprod(0).sqrt()
    r = (r - r[-1]) * r[0] / (r[0] - r[-1])
    return r ** 2


@torch.no_grad()
def sample(denoise, noise, steps):
    """Deterministic DDIM from pure noise over `steps` trailing steps; denoise(x, t) predicts v."""
    a = alphas().float()
    times = [int(round(1000 - i * 1000 / steps)) - 1 for i in range(steps)]
    x = noise
    for i, t in enumerate(times):
        v = denoise(x, torch.full((len(x),), float(t)))
        s, n = a[t].sqrt(), (1 - a[t]).sqrt()
        clean, eps = s * x - n * v, n * x + s * v
        b = a[times[i + 1]] if i + 1 < steps else torch.tensor(1.0)
        x = b.sqrt() * clean + (1 - b).sqrt() * eps
    return x
