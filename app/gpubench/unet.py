"""The denoiser of Stable Diffusion 1.5 and SDXL in PyTorch, of random weights, timed: what the
same network takes there. Reads {"unet", "sizes", "batches", "seconds"}, prints a list of times.
Prediction and weights do not matter here, shapes and operators do (Rombach et al. 2022; Podell
et al. 2023): pipelinetest/networks.go has the same walk."""
import json, os, statistics, sys, time
import torch
import torch.nn as nn
import torch.nn.functional as F

spec = json.loads(sys.argv[1])
u, began = spec["unet"], time.monotonic()
wide = 4 * u["Width"]
cuda = torch.cuda.is_available()
device, dtype = ("cuda", torch.float16) if cuda else ("cpu", torch.float32)
if not cuda:  # some builds begin with one
    torch.set_num_threads(spec.get("threads") or len(os.sched_getaffinity(0)))


def attend(q, k, v):  # what PyTorch before 2.0 has: diffusers' way there
    scores = torch.baddbmm(q.new_empty(1, 1, 1).expand(q.shape[0], q.shape[1], k.shape[1]), q, k.transpose(1, 2), beta=0, alpha=q.shape[-1] ** -0.5)
    return torch.bmm(scores.softmax(-1), v)


def plain(q, k, v):
    return attend(*(t.flatten(0, 1) for t in (q, k, v))).unflatten(0, q.shape[:2])


fused = getattr(F, "scaled_dot_product_attention", None)


class Residual(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.n1, self.c1, self.e = nn.GroupNorm(32, i), nn.Conv2d(i, o, 3, 1, 1), nn.Linear(wide, o)
        self.n2, self.c2 = nn.GroupNorm(32, o), nn.Conv2d(o, o, 3, 1, 1)
        self.skip = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x, e, _):
        h = self.c1(F.silu(self.n1(x))) + self.e(F.silu(e))[:, :, None, None]
        return self.skip(x) + self.c2(F.silu(self.n2(h)))


class Attention(nn.Module):
    def __init__(self, c, source, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = nn.Linear(c, c, False), nn.Linear(source, c, False), nn.Linear(source, c, False)
        self.out = nn.Linear(c, c)

    def forward(self, x, source):
        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        h = (fused or plain)(split(self.q(x)), split(self.k(source)), split(self.v(source)))
        return self.out(h.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, c, heads):
        super().__init__()
        self.n1, self.n2, self.n3 = nn.LayerNorm(c), nn.LayerNorm(c), nn.LayerNorm(c)
        self.a1, self.a2 = Attention(c, c, heads), Attention(c, u["Context"], heads)
        self.up, self.down = nn.Linear(c, 8 * c), nn.Linear(4 * c, c)

    def forward(self, x, text):
        n = self.n1(x)
        x = x + self.a1(n, n)
        x = x + self.a2(self.n2(x), text)
        a, gate = self.up(self.n3(x)).chunk(2, -1)
        return x + self.down(a * F.gelu(gate))


class Transformer(nn.Module):
    def __init__(self, c, depth):
        super().__init__()
        heads = u["Heads"] or c // u["HeadSize"]
        self.norm = nn.GroupNorm(32, c)
        self.proj_in, self.proj_out = nn.Linear(c, c), nn.Linear(c, c)
        self.blocks = nn.ModuleList(Block(c, heads) for _ in range(depth))

    def forward(self, x, _, text):
        h = self.proj_in(self.norm(x).flatten(2).transpose(1, 2))
        for b in self.blocks:
            h = b(h, text)
        return x + self.proj_out(h).transpose(1, 2).unflatten(2, x.shape[2:])


class Down(nn.Conv2d):
    def forward(self, x, e, text):
        return super().forward(x)


class Up(nn.Conv2d):
    def forward(self, x, e, text):
        return super().forward(F.interpolate(x, scale_factor=2))


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        c, mult, depth = u["Width"], u["Mult"], u["Depth"]
        self.time = nn.Sequential(nn.Linear(c, wide), nn.SiLU(), nn.Linear(wide, wide))
        self.label = nn.Sequential(nn.Linear(u["Label"], wide), nn.SiLU(), nn.Linear(wide, wide)) if u["Label"] else None
        self.first, skips, downs, ups = nn.Conv2d(u["In"], c, 3, 1, 1), [c], [], []
        for level, m in enumerate(mult):
            for _ in range(2):
                downs.append([Residual(c, m * u["Width"])])
                c = m * u["Width"]
                if depth[level]:
                    downs[-1].append(Transformer(c, depth[level]))
                skips.append(c)
            if level < len(mult) - 1:
                downs.append([Down(c, c, 3, 2, 1)])
                skips.append(c)
        self.middle = nn.ModuleList([Residual(c, c), Transformer(c, u["Middle"]), Residual(c, c)])
        for level in reversed(range(len(mult))):
            for j in range(3):
                ups.append([Residual(c + skips.pop(), mult[level] * u["Width"])])
                c = mult[level] * u["Width"]
                if depth[level]:
                    ups[-1].append(Transformer(c, depth[level]))
                if level and j == 2:
                    ups[-1].append(Up(c, c, 3, 1, 1))
        self.downs = nn.ModuleList(nn.ModuleList(d) for d in downs)
        self.ups = nn.ModuleList(nn.ModuleList(d) for d in ups)
        self.norm, self.last = nn.GroupNorm(32, c), nn.Conv2d(c, 4, 3, 1, 1)

    def forward(self, x, sinusoid, text, label):
        e = self.time(sinusoid)
        if self.label is not None:
            e = e + self.label(label)
        x = self.first(x)
        kept = [x]
        for block in self.downs:
            for part in block:
                x = part(x, e, text)
            kept.append(x)
        for part in self.middle:
            x = part(x, e, text)
        for block in self.ups:
            x = torch.cat([x, kept.pop()], 1)
            for part in block:
                x = part(x, e, text)
        return self.last(F.silu(self.norm(x)))


def left():
    return spec["seconds"] - (time.monotonic() - began)


def median(run):
    def once():
        start = time.perf_counter()
        run()
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - start
    once()
    return round(statistics.median(once() for _ in range(3)), 4)


results = []
with torch.inference_mode():
    net = Unet().to(device, dtype).eval()
    for size in spec["sizes"]:
        for batch in spec["batches"]:
            if left() < 5:
                continue
            made = lambda *shape: torch.randn(*shape, device=device, dtype=dtype)
            args = (made(batch, u["In"], size // 8, size // 8), made(batch, u["Width"]), made(batch, 77, u["Context"]),
                    made(batch, u["Label"]) if u["Label"] else None)
            row = {"version": torch.__version__, "parameters": sum(p.numel() for p in net.parameters()), "threads": 0 if cuda else torch.get_num_threads(), "device": torch.cuda.get_device_name() if cuda else "cpu", "size": size, "batch": batch,
                   "eager_s": median(lambda: net(*args))}
            if cuda and batch == spec["batches"][0] and left() > 90:  # compiling takes a minute
                try:
                    compiled = torch.compile(net, dynamic=False)
                    row["compiled_s"] = median(lambda: compiled(*args))
                except Exception as e:
                    row["not_compiled"] = str(e)[:200]
            elif not cuda:
                row["not_compiled"] = "only on a card"
            results.append(row)
print(json.dumps(results))
