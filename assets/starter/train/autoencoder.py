"""The KL autoencoder, 8× smaller latents of 4 channels, with the key layout of `first_stage_model.`.

One encoder block (two decoder blocks) per level. The norms have 8 groups, not 32: with the usual 32 a
width of 64 leaves two channels a group, whose mean a norm erases, and no even colour comes through (seen
on 2026-11-23: 14 dB where the mean colour alone gives 20). The loader is told by `pentimento.groups`.
Norms and everything after them run in float32, convolutions in bfloat16 under autocast.
"""
import torch
import torch.nn.functional as F
from torch import nn

import latents


GROUPS = 8


def straight(conv, noise=0.3):
    """Starts a convolution as a pass-through (a mean where it halves the size) plus some of its usual noise."""
    with torch.no_grad():
        conv.weight.mul_(noise)
        n = min(conv.weight.shape[:2])
        for i in range(n):
            if conv.stride[0] == 2:
                conv.weight[i, i, :2, :2] += 0.25
            else:
                conv.weight[i, i, conv.weight.shape[2] // 2, conv.weight.shape[3] // 2] += 1
    return conv


class Norm(nn.GroupNorm):
    """GroupNorm in float32 whatever comes in (torch 1.13 refuses mixed types)."""

    def __init__(self, c, eps=1e-6):
        super().__init__(GROUPS, c, eps)

    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            return F.group_norm(x.float(), GROUPS, self.weight, self.bias, self.eps)


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.norm1, self.conv1 = Norm(cin), nn.Conv2d(cin, cout, 3, padding=1)
        self.norm2, self.conv2 = Norm(cout), nn.Conv2d(cout, cout, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)  # starts as a linear pyramid, which learns much faster
        nn.init.zeros_(self.conv2.bias)
        if cin != cout:
            self.nin_shortcut = straight(nn.Conv2d(cin, cout, 1))

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x)


class Attention(nn.Module):
    """One-headed attention over all places."""

    def __init__(self, c):
        super().__init__()
        self.norm = Norm(c)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(c, c, 1) for _ in range(4))
        nn.init.zeros_(self.proj_out.weight)
        nn.init.zeros_(self.proj_out.bias)

    def forward(self, x):
        n, c, h, w = x.shape
        y = self.norm(x)
        q, k, v = (f(y).flatten(2).transpose(1, 2) for f in (self.q, self.k, self.v))
        a = (q @ k.transpose(1, 2) * c ** -0.5).float().softmax(-1).to(v.dtype)
        return x + self.proj_out((a @ v).transpose(1, 2).reshape(n, c, h, w))


class Middle(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.block_1, self.attn_1, self.block_2 = Block(c, c), Attention(c), Block(c, c)

    def forward(self, x):
        return self.block_2(self.attn_1(self.block_1(x)))


class Resample(nn.Module):
    def __init__(self, c, up):
        super().__init__()
        self.up, self.conv = up, straight(nn.Conv2d(c, c, 3, stride=1 if up else 2, padding=1 if up else 0))

    def forward(self, x):
        if self.up:
            return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Encoder(nn.Module):
    def __init__(self, ch, mult, blocks, z):
        super().__init__()
        self.conv_in = straight(nn.Conv2d(3, ch, 3, padding=1))
        self.down = nn.ModuleList()
        c = ch
        for i, m in enumerate(mult):
            level = nn.Module()
            level.block = nn.ModuleList()
            for _ in range(blocks):
                level.block.append(Block(c, ch * m))
                c = ch * m
            if i + 1 < len(mult):
                level.downsample = Resample(c, False)
            self.down.append(level)
        self.mid = Middle(c)
        self.norm_out, self.conv_out = Norm(c), nn.Conv2d(c, 2 * z, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for level in self.down:
            for b in level.block:
                x = b(x)
            if hasattr(level, "downsample"):
                x = level.downsample(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    def __init__(self, ch, mult, blocks, z):
        super().__init__()
        c = ch * mult[-1]
        self.conv_in, self.mid = straight(nn.Conv2d(z, c, 3, padding=1)), Middle(c)
        levels = []
        for i in reversed(range(len(mult))):
            level = nn.Module()
            level.block = nn.ModuleList()
            for _ in range(blocks + 1):
                level.block.append(Block(c, ch * mult[i]))
                c = ch * mult[i]
            if i > 0:
                level.upsample = Resample(c, True)
            levels.insert(0, level)
        self.up = nn.ModuleList(levels)
        self.norm_out, self.conv_out = Norm(c), nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, z):
        x = self.mid(self.conv_in(z))
        for level in reversed(self.up):
            for b in level.block:
                x = b(x)
            if hasattr(level, "upsample"):
                x = level.upsample(x)
        return self.conv_out(F.silu(self.norm_out(x)))


@torch.no_grad()
def lay_channels(conv, gain, k):
    """The first channels of a half: per value v the four ±gain·v, ±k; all else that enters is ignored."""
    conv.weight[:16], conv.bias[:16] = 0, 0
    for i in range(min(conv.weight.shape[1], 4)):
        conv.weight[4 * i, i, 1, 1], conv.weight[4 * i + 1, i, 1, 1] = gain, -gain
    for i in range(4):
        conv.bias[4 * i + 2], conv.bias[4 * i + 3] = k, -k


@torch.no_grad()
def pyramid_encoder(model, k=16.0):
    """Sets the encoder to compute latents.py: per-block mean colour and the step from upper to lower half.

    Four channels carry a value v: v, -v, k, -k. Such a group has mean 0 and spread √(v² + k²)/√2, nearly
    constant, so a norm only divides by it; silu(x) - silu(-x) = x undoes the activation. Exact to 0.3 %.
    """
    e, luma = model.encoder, torch.from_numpy(latents.LUMA)
    for p in e.parameters():
        p.zero_()
    for m in e.modules():
        if isinstance(m, Norm):
            m.weight.fill_(1)
    lay_channels(e.conv_in, 1.0, k)
    for i, level in enumerate(e.down):
        if hasattr(level, "downsample"):
            w = level.downsample.conv.weight
            for c in range(16):
                w[c, c, :2, :2] = 0.25
    for i in range(3):  # the fourth value appears at the last halving
        w[12, 4 * i, 0, :2], w[12, 4 * i, 1, :2] = 0.5 * luma[i], -0.5 * luma[i]
    w[12, 12], w[13, 13] = 0, 0
    w[13, :12:4] = -w[12, :12:4]
    for i in range(4):
        g = k / 2 ** 0.5
        e.conv_out.weight[i, 4 * i, 1, 1], e.conv_out.weight[i, 4 * i + 1, 1, 1] = g, -g
    mix, mean, spread = (torch.from_numpy(v) for v in (latents.MIX, latents.MEAN, latents.SPREAD))
    q, p = model.quant_conv, model.post_quant_conv
    q.weight.zero_()
    q.weight[:4, :4, 0, 0], q.bias[:4], q.bias[4:] = mix / spread[:, None], -mean / spread, -8
    back = torch.linalg.inv(mix)
    p.weight[:, :, 0, 0], p.bias[:] = back * spread[None], back @ mean


@torch.no_grad()
def pyramid_decoder(d, k=2.0):
    """Starts the decoder as the smooth enlargement of the mean colours (28 dB); training adds the detail."""
    lay_channels(d.conv_in, 1.0, k)
    for name, m in d.named_modules():
        if isinstance(m, nn.Conv2d) and ("nin_shortcut" in name or "sample.conv" in name):
            m.weight[:16], m.bias[:16] = 0, 0
            for i in range(16):
                if m.weight.shape[2] == 3 and i % 4 < 2:
                    m.weight[i, i] = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
                else:
                    m.weight[i, i, m.weight.shape[2] // 2, m.weight.shape[3] // 2] = 1
    d.conv_out.weight[:] *= 0.1
    for i in range(3):
        d.conv_out.weight[i, 4 * i, 1, 1], d.conv_out.weight[i, 4 * i + 1, 1, 1] = 1.47, -1.47


class Autoencoder(nn.Module):
    """Pictures (n, 3, h, w) in [-1, 1] ↔ latents (n, 4, h/8, w/8), scale factor 1."""

    def __init__(self, ch=32, mult=(1, 2, 2, 4), blocks=1):
        super().__init__()
        self.encoder, self.decoder = Encoder(32, (1,) * len(mult), 1, 4), Decoder(ch, mult, blocks, 4)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(8, 8, 1), nn.Conv2d(4, 4, 1)
        pyramid_encoder(self)
        pyramid_decoder(self.decoder)
        for part in (self.encoder, self.quant_conv, self.post_quant_conv):
            part.requires_grad_(False)

    def moments(self, x):
        m, v = self.quant_conv(self.encoder(x)).float().chunk(2, 1)
        return m, v.clamp(-30, 20)

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))
