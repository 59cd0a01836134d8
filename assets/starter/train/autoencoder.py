"""The KL autoencoder, 8× smaller latents of 4 channels, with the key layout of `first_stage_model.`.

One encoder block (two decoder blocks) per level; widths are multiples of 32 for the 32 norm groups.
Norms and everything after them run in float32, convolutions in bfloat16 under autocast.
"""
import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.GroupNorm):
    """GroupNorm in float32 whatever comes in (torch 1.13 refuses mixed types)."""

    def __init__(self, c, eps=1e-6):
        super().__init__(32, c, eps)

    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            return F.group_norm(x.float(), 32, self.weight, self.bias, self.eps)


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.norm1, self.conv1 = Norm(cin), nn.Conv2d(cin, cout, 3, padding=1)
        self.norm2, self.conv2 = Norm(cout), nn.Conv2d(cout, cout, 3, padding=1)
        if cin != cout:
            self.nin_shortcut = nn.Conv2d(cin, cout, 1)

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
        self.up, self.conv = up, nn.Conv2d(c, c, 3, stride=1 if up else 2, padding=1 if up else 0)

    def forward(self, x):
        if self.up:
            return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Encoder(nn.Module):
    def __init__(self, ch, mult, blocks, z):
        super().__init__()
        self.conv_in = nn.Conv2d(3, ch, 3, padding=1)
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
        self.conv_in, self.mid = nn.Conv2d(z, c, 3, padding=1), Middle(c)
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


class Autoencoder(nn.Module):
    """Pictures (n, 3, h, w) in [-1, 1] ↔ latents (n, 4, h/8, w/8), unscaled."""

    def __init__(self, ch=64, mult=(1, 1, 2, 2), blocks=1, z=4):
        super().__init__()
        self.config = dict(ch=ch, mult=tuple(mult), blocks=blocks, z=z)
        self.encoder, self.decoder = Encoder(ch, mult, blocks, z), Decoder(ch, mult, blocks, z)
        self.quant_conv, self.post_quant_conv = nn.Conv2d(2 * z, 2 * z, 1), nn.Conv2d(z, z, 1)

    def moments(self, x):
        m, v = self.quant_conv(self.encoder(x)).float().chunk(2, 1)
        return m, v.clamp(-30, 20)

    def decode(self, z):
        return self.decoder(self.post_quant_conv(z))
