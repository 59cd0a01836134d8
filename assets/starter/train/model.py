"""Text encoder and 9-channel denoiser with the structure and key names of Stable Diffusion 1.x.

Only widths and levels differ, so a loader that reads shapes needs no special case. Norms, softmax and
the time embedding run in float32; matrix products and convolutions in bfloat16 under autocast.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn

from autoencoder import Norm

UNET = dict(width=64, mult=(1, 2, 3), blocks=2, attention=(0, 1, 1), context=128, heads=4)
TEXT = dict(width=128, layers=3, heads=4, length=77)


class LayerNorm(nn.LayerNorm):
    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            return F.layer_norm(x.float(), self.normalized_shape, self.weight, self.bias, self.eps)


def attend(q, k, v, heads, mask=None):
    """Multi-headed attention on (n, places, width); the softmax is float32."""
    n, a, c = q.shape
    q, k, v = (t.reshape(n, -1, heads, c // heads).transpose(1, 2) for t in (q, k, v))
    s = (q * (c // heads) ** -0.5) @ k.transpose(-1, -2)
    s = s.float() if mask is None else s.float() + mask
    return (s.softmax(-1).to(v.dtype) @ v).transpose(1, 2).reshape(n, a, c)


class TextAttention(nn.Module):
    def __init__(self, c, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(c, c) for _ in range(4))

    def forward(self, x, mask):
        return self.out_proj(attend(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads, mask))


class TextMlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(c, 4 * c), nn.Linear(4 * c, c)

    def forward(self, x):
        x = self.fc1(x)
        return self.fc2(x * torch.sigmoid(1.702 * x))


class TextLayer(nn.Module):
    def __init__(self, c, heads):
        super().__init__()
        self.self_attn, self.layer_norm1 = TextAttention(c, heads), LayerNorm(c)
        self.mlp, self.layer_norm2 = TextMlp(c), LayerNorm(c)

    def forward(self, x, mask):
        x = x + self.self_attn(self.layer_norm1(x), mask)
        return x + self.mlp(self.layer_norm2(x))


class TextEncoder(nn.Module):
    """CLIP's text tower: ids (n, 77) → states (n, 77, width), causal, final norm applied."""

    def __init__(self, vocabulary, width=128, layers=3, heads=4, length=77):
        super().__init__()
        self.embeddings = nn.Module()
        self.embeddings.token_embedding = nn.Embedding(vocabulary, width)
        self.embeddings.position_embedding = nn.Embedding(length, width)
        nn.init.normal_(self.embeddings.token_embedding.weight, std=1.0)  # a word must outshine what is common to all
        nn.init.normal_(self.embeddings.position_embedding.weight, std=0.1)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(TextLayer(width, heads) for _ in range(layers))
        self.final_layer_norm = LayerNorm(width)

    def forward(self, ids):
        n = ids.shape[1]
        x = self.embeddings.token_embedding(ids) + self.embeddings.position_embedding.weight[:n]
        mask = torch.full((n, n), float("-inf"), device=ids.device).triu(1)
        for layer in self.encoder.layers:
            x = layer(x, mask)
        return self.final_layer_norm(x)


class Residual(nn.Module):
    def __init__(self, cin, cout, emb):
        super().__init__()
        self.in_layers = nn.Sequential(Norm(cin, 1e-5), nn.SiLU(), nn.Conv2d(cin, cout, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(emb, cout))
        self.out_layers = nn.Sequential(Norm(cout, 1e-5), nn.SiLU(), nn.Identity(), nn.Conv2d(cout, cout, 3, padding=1))
        if cin != cout:
            self.skip_connection = nn.Conv2d(cin, cout, 1)

    def forward(self, x, emb):
        h = self.in_layers(x) + self.emb_layers(emb)[:, :, None, None]
        return (self.skip_connection(x) if hasattr(self, "skip_connection") else x) + self.out_layers(h)


class Cross(nn.Module):
    def __init__(self, c, context, heads):
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k, self.to_v = nn.Linear(c, c, bias=False), nn.Linear(context, c, bias=False), nn.Linear(context, c, bias=False)
        self.to_out = nn.Sequential(nn.Linear(c, c))

    def forward(self, x, context):
        return self.to_out(attend(self.to_q(x), self.to_k(context), self.to_v(context), self.heads))


class Gate(nn.Module):
    def __init__(self, c, inner):
        super().__init__()
        self.proj = nn.Linear(c, 2 * inner)

    def forward(self, x):
        x, g = self.proj(x).chunk(2, -1)
        return x * F.gelu(g)


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.net = nn.Sequential(Gate(c, 4 * c), nn.Identity(), nn.Linear(4 * c, c))

    def forward(self, x):
        return self.net(x)


class Layer(nn.Module):
    def __init__(self, c, context, heads):
        super().__init__()
        self.attn1, self.attn2, self.ff = Cross(c, c, heads), Cross(c, context, heads), FeedForward(c)
        self.norm1, self.norm2, self.norm3 = LayerNorm(c), LayerNorm(c), LayerNorm(c)

    def forward(self, x, context):
        y = self.norm1(x)
        x = x + self.attn1(y, y)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    def __init__(self, c, context, heads):
        super().__init__()
        self.norm, self.proj_in = Norm(c, 1e-6), nn.Conv2d(c, c, 1)
        self.transformer_blocks = nn.ModuleList([Layer(c, context, heads)])
        self.proj_out = nn.Conv2d(c, c, 1)

    def forward(self, x, context):
        n, c, h, w = x.shape
        y = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        for layer in self.transformer_blocks:
            y = layer(y, context)
        return x + self.proj_out(y.transpose(1, 2).reshape(n, c, h, w))


class Down(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.op = nn.Conv2d(c, c, 3, stride=2, padding=1)

    def forward(self, x):
        return self.op(x)


class Up(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


def run(parts, x, emb, context):
    for p in parts:
        if isinstance(p, Residual):
            x = p(x, emb)
        elif isinstance(p, Transformer):
            x = p(x, context)
        else:
            x = p(x)
    return x


class Denoiser(nn.Module):
    """(n, 9, h, w) = noisy latent 4, mask 1, masked latent 4; times (n,); context → v (n, 4, h, w)."""

    def __init__(self, width=64, mult=(1, 2, 3), blocks=2, attention=(0, 1, 1), context=128, heads=4):
        super().__init__()
        self.width, emb, c = width, 4 * width, width
        self.time_embed = nn.Sequential(nn.Linear(width, emb), nn.SiLU(), nn.Linear(emb, emb))
        self.input_blocks = nn.ModuleList([nn.ModuleList([nn.Conv2d(9, width, 3, padding=1)])])
        skips = [c]

        def stage(cin, cout, level):
            return [Residual(cin, cout, emb)] + ([Transformer(cout, context, heads)] if attention[level] else [])

        for i, m in enumerate(mult):
            for _ in range(blocks):
                self.input_blocks.append(nn.ModuleList(stage(c, m * width, i)))
                c = m * width
                skips.append(c)
            if i + 1 < len(mult):
                self.input_blocks.append(nn.ModuleList([Down(c)]))
                skips.append(c)
        self.middle_block = nn.ModuleList([Residual(c, c, emb), Transformer(c, context, heads), Residual(c, c, emb)])
        self.output_blocks = nn.ModuleList()
        for i in reversed(range(len(mult))):
            for j in range(blocks + 1):
                parts = stage(c + skips.pop(), mult[i] * width, i)
                c = mult[i] * width
                if i > 0 and j == blocks:
                    parts.append(Up(c))
                self.output_blocks.append(nn.ModuleList(parts))
        self.out = nn.Sequential(Norm(c, 1e-5), nn.SiLU(), nn.Conv2d(c, 4, 3, padding=1))
        nn.init.zeros_(self.out[2].weight)
        nn.init.zeros_(self.out[2].bias)

        self.even()

    @torch.no_grad()
    def even(self):
        """Starts every path with a voice: trunk convolutions keep the spread, side branches begin small, not at zero.

        With the usual start (all branches zero, trunk gain 0.58 per layer) the two lower levels, and with them
        the text, had a hundredth of the gradient of the top one and after 3,000 steps still no effect (2026-11-23).
        """
        for m in self.modules():
            trunk = [getattr(m, n) for n in ("skip_connection", "op") if hasattr(m, n)] + ([m.conv] if isinstance(m, Up) else [])
            for conv in trunk + ([self.input_blocks[0][0]] if m is self else []):
                conv.weight.mul_(3 ** 0.5)
                conv.bias.zero_()
            if isinstance(m, (Residual, Transformer)):
                last = m.out_layers[3] if isinstance(m, Residual) else m.proj_out
                last.weight.mul_(0.6)
                last.bias.zero_()

    def forward(self, x, t, context):
        half = self.width // 2
        f = torch.exp(torch.arange(half, device=x.device) * (-math.log(10000.0) / half))
        a = t.float()[:, None] * f[None]
        emb = self.time_embed(torch.cat([a.cos(), a.sin()], 1))
        kept = []
        for parts in self.input_blocks:
            x = run(parts, x, emb, context)
            kept.append(x)
        x = run(self.middle_block, x, emb, context)
        for parts in self.output_blocks:
            x = run(parts, torch.cat([x, kept.pop()], 1), emb, context)
        return self.out(x).float()
