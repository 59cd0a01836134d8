"""A small tokenizer of CLIP's byte-pair algorithm, learned from the world's captions.

Vocabulary: the 256 byte symbols, the same with the end-of-word mark, one entry per merge, start, end: in
that order, as CLIP's own table is built. Text is lower-cased and its spaces collapsed; pieces are runs of
letters, single digits, runs of other signs. Run: python3 bpe.py --merges 500 writes bpe.json.
"""
import argparse
import collections
import json
import re

import numpy as np

import common
import world

SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+|_+", re.IGNORECASE)
END = "</w>"


def byte_symbols():
    """CLIP's printable stand-ins for the 256 bytes, in its order."""
    own = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [b for b in range(256) if b not in own]
    return {b: chr(b) for b in own} | {b: chr(256 + i) for i, b in enumerate(rest)}


def pieces(text):
    for p in SPLIT.findall(" ".join(text.lower().split())):
        yield "".join(SYMBOLS[b] for b in p.encode())


SYMBOLS = byte_symbols()


def learn(counts, merges):
    """The most frequent pair is merged first, ties in alphabetical order; stops when no pair occurs twice."""
    words = {w: tuple(w[:-1]) + (w[-1] + END,) for w in counts}
    out = []
    while len(out) < merges:
        pairs = collections.Counter()
        for w, n in counts.items():
            for p in zip(words[w], words[w][1:]):
                pairs[p] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        if pairs[best] < 2:
            break
        out.append(best)
        for w, s in words.items():
            words[w] = join(s, best)
    return out


def join(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return tuple(out)


class Tokenizer:
    def __init__(self, merges, length=77):
        self.merges, self.length = [tuple(m) for m in merges], length
        self.rank = {m: i for i, m in enumerate(self.merges)}
        table = list(SYMBOLS.values())
        table += [s + END for s in table] + ["".join(m) for m in self.merges] + ["<|startoftext|>", "<|endoftext|>"]
        self.ids = {s: i for i, s in enumerate(table)}
        self.start, self.end, self.size = len(table) - 2, len(table) - 1, len(table)
        self.known = {}

    def word(self, w):
        if w not in self.known:
            s = tuple(w[:-1]) + (w[-1] + END,)
            while len(s) > 1:
                best = min(zip(s, s[1:]), key=lambda p: self.rank.get(p, 1 << 30))
                if best not in self.rank:
                    break
                s = join(s, best)
            self.known[w] = [self.ids[x] for x in s]
        return self.known[w]

    def encode(self, text):
        """start, the text's ids (cut to fit), then end to the full length."""
        ids = [i for w in pieces(text) for i in self.word(w)][:self.length - 2]
        return [self.start] + ids + [self.end] * (self.length - 1 - len(ids))


def open_tokenizer():
    return Tokenizer(json.load(open(common.path("bpe.json")))["merges"])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--merges", type=int, default=600)
    ap.add_argument("--captions", type=int, default=20000)
    a = ap.parse_args()
    counts = collections.Counter()
    for k in range(a.captions):
        counts.update(pieces(world.caption(world.spec(k), np.random.default_rng(k))))
    for w in world.vocabulary():
        counts[w] += 5
    merges = learn(counts, a.merges)
    json.dump(dict(merges=merges), open(common.path("bpe.json"), "w"))
    t = Tokenizer(merges)
    print(len(merges), "merges,", t.size, "entries;", sum(len(t.word(w)) == 1 for w in counts), "of", len(counts), "words are one token")


if __name__ == "__main__":
    main()
