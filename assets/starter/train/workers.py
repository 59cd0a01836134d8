"""Training by several single-threaded workers on shared weights.

On a machine that others use too, one process of many threads waits at every operation for its slowest
thread; independent workers do not. Each computes the gradient of its own batch and then, under a lock,
takes one AdamW step on the shared weights (asynchronous by at most a step or two). With one worker, as
on a GPU, this is ordinary training. The parent keeps time, logs, checkpoints and evaluates.
"""
import math
import os
import signal
import threading
import time

import numpy as np
import torch
import torch.multiprocessing as mp

import common


def trained(model):
    return [p for p in model.parameters() if p.requires_grad]


class Shared:
    """Weights, AdamW moments, gradient-free running mean, all flat float32 in shared memory."""

    def __init__(self, model, device):
        flat = torch.cat([p.detach().float().reshape(-1) for p in trained(model)]).to(device)
        self.p, self.m, self.v, self.ema = flat.clone(), torch.zeros_like(flat), torch.zeros_like(flat), flat.clone()
        for t in (self.p, self.m, self.v, self.ema):
            if device.type == "cpu":
                t.share_memory_()
        self.slow = sum(p.numel() for p in trained(getattr(model, "slow", torch.nn.Module())))  # leading weights that take smaller steps
        self.step = torch.zeros(1, dtype=torch.int64).share_memory_()
        self.loss = torch.zeros(4, dtype=torch.float64).share_memory_()  # running loss, weight of it, two extras
        self.clock = torch.zeros(2, dtype=torch.float64).share_memory_()  # seconds so far, seconds in all

    def state(self):
        return dict(p=self.p.clone(), m=self.m.clone(), v=self.v.clone(), ema=self.ema.clone(), step=int(self.step), seconds=float(self.clock[0]))

    def restore(self, s):
        for k in "pmv":
            getattr(self, k).copy_(s[k])
        self.ema.copy_(s["ema"])
        self.step[0], self.clock[0] = s["step"], s["seconds"]


def bind(model, flat, grads=None):
    """Makes the model's parameters views of a flat tensor (and its gradients of another)."""
    i = 0
    for p in trained(model):
        n = p.numel()
        p.data = flat[i:i + n].view(p.shape)
        if grads is not None:
            p.grad = grads[i:i + n].view(p.shape)
        i += n
    return model


def rate(a, shared):
    """The step size: a short warm-up, then flat, then a cosine fall over the last part of the time."""
    t = min(float(shared.clock[0]) / max(float(shared.clock[1]), 1e-9), 1.0)
    fall = 1.0 if t < a.hold else 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (t - a.hold) / (1 - a.hold)))
    return a.lr * min(1.0, (int(shared.step) + 1) / a.warm) * fall


@torch.no_grad()
def descend(s, g, a, decay):
    """One AdamW step and one step of the running mean."""
    s.step += 1
    n, lr = int(s.step), rate(a, s)
    norm = g.norm().item()
    if not math.isfinite(norm):
        return
    if norm > a.clip:
        g.mul_(a.clip / norm)
    b1, b2 = 0.9, a.beta2
    move, keep = lr / (1 - b1 ** n), 1 - min(decay, (1 + n) / (10 + n))
    for i, k in pieces(s, a):
        p, m, v, e = s.p[i:k], s.m[i:k], s.v[i:k], g[i:k]
        m.lerp_(e, 1 - b1)
        v.mul_(b2).addcmul_(e, e, value=1 - b2)
        den = v.sqrt().mul_(1 / math.sqrt(1 - b2 ** n)).add_(1e-8)
        p.mul_(1 - lr * a.decay).addcdiv_(m, den, value=-move * (a.slow if k <= s.slow else 1.0))
        s.ema[i:k].lerp_(p, keep)


def pieces(s, a):
    """Ranges that cover all weights, none across the end of the slow part; on a CPU short enough for its cache."""
    size = 1 << 16 if s.p.device.type == "cpu" else len(s.p)
    for first, last in ((0, s.slow), (s.slow, len(s.p))):
        for i in range(first, last, size):
            yield i, min(i + size, last)


def work(index, make, loss_of, a, shared, lock, stop):
    if threading.current_thread() is threading.main_thread():  # a process of its own: the parent decides when to stop
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(a.threads)
    seed = (int(time.time()) * 10 + index) % (1 << 31)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    device = shared.p.device
    model = make().to(device)
    g = torch.zeros_like(shared.p)
    bind(model, shared.p, g)
    parent = os.getppid()
    while not stop.is_set() and os.getppid() == parent:
        g.zero_()
        loss = loss_of(model, rng, a)
        loss.backward()
        with lock:
            descend(shared, g, a, a.ema)
            v = loss.item()
            if math.isfinite(v):
                shared.loss[0] += (v - shared.loss[0]) / min(int(shared.step), 60)
        if int(shared.step) >= a.steps or float(shared.clock[0]) >= float(shared.clock[1]):
            break


def train(name, make, loss_of, evaluate, a, device, extra=None):
    """Runs the workers until the time or the steps are used up, or a signal asks to stop.

    name: of the checkpoint (NAME.pt) and the log (NAME.jsonl); make(): a fresh model; loss_of(model, rng, a);
    evaluate(model, device) → dict for the log.
    """
    mp.set_start_method("spawn", force=True)
    shared = Shared(make(), device)
    old = common.load(name + ".pt", device)
    if old:
        shared.restore(old)
    shared.clock[1] = a.seconds
    if device.type == "cuda":  # one worker, a thread of this process
        lock, stop = threading.Lock(), threading.Event()
        crew = [threading.Thread(target=work, args=(0, make, loss_of, a, shared, lock, stop))]
    else:
        lock, stop = mp.Lock(), mp.Event()
        crew = [mp.Process(target=work, args=(i, make, loss_of, a, shared, lock, stop)) for i in range(a.workers)]
    for w in crew:
        w.start()
    keep_watch(name, make, evaluate, a, device, shared, lock, crew, extra or {})
    stop.set()
    for w in crew:
        w.join()
    finish(name, make, evaluate, device, shared, lock, extra or {})


def finish(name, make, evaluate, device, shared, lock, extra):
    with lock:
        s = shared.state()
    common.save(name + ".pt", dict(s, **extra))
    model = bind(make().to(device), s["ema"]).eval()
    common.log(name + ".jsonl", step=s["step"], seconds=s["seconds"], loss=float(shared.loss[0]), **evaluate(model, device))


def keep_watch(name, make, evaluate, a, device, shared, lock, crew, extra):
    last = shown = saved = time.time()
    while not common.STOP and any(w.is_alive() for w in crew):
        time.sleep(1)
        now = time.time()
        shared.clock[0] += min(now - last, 5.0)
        if now - shown > 30:
            shown = now
            common.log(name + ".jsonl", step=int(shared.step), seconds=float(shared.clock[0]), loss=float(shared.loss[0]), rate=rate(a, shared), wall=int(now))
        if now - saved > a.save_every:
            finish(name, make, evaluate, device, shared, lock, extra)
            saved = time.time()
        last = now


def options(ap, seconds, lr, batch, ema, save_every=240):
    ap.add_argument("--seconds", type=float, default=seconds, help="training seconds in all; the step size falls with them")
    ap.add_argument("--steps", type=int, default=10 ** 9)
    ap.add_argument("--lr", type=float, default=lr)
    ap.add_argument("--slow", type=float, default=0.3, help="part of the step size that the text encoder takes")
    ap.add_argument("--hold", type=float, default=0.3, help="part of the time before the step size falls")
    ap.add_argument("--warm", type=int, default=200)
    ap.add_argument("--clip", type=float, default=1.0)
    ap.add_argument("--beta2", type=float, default=0.99)
    ap.add_argument("--decay", type=float, default=1e-3)
    ap.add_argument("--ema", type=float, default=ema)
    ap.add_argument("--batch", type=int, default=batch)
    ap.add_argument("--workers", type=int, default=2)
    ap.add_argument("--threads", type=int, default=1, help="per worker")
    ap.add_argument("--save-every", type=float, default=save_every)
