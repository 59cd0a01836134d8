"""Reads an exported checkpoint back and holds it against the trained parts: names, shapes, float16 rounding, size.

python3 check_export.py FILE
"""
import json
import struct
import sys

import numpy as np

from export import tensors

LANDMARKS = ["model.diffusion_model.input_blocks.0.0.weight", "model.diffusion_model.out.2.weight", "model.diffusion_model.time_embed.0.weight",
             "model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight", "first_stage_model.encoder.conv_in.weight",
             "first_stage_model.decoder.up.3.upsample.conv.weight", "first_stage_model.post_quant_conv.weight",
             "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight", "cond_stage_model.transformer.text_model.final_layer_norm.weight"]


def read(path):
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + n])
    meta = head.pop("__metadata__")
    out = {k: np.frombuffer(raw, np.float16, int(np.prod(v["shape"])), 8 + n + v["data_offsets"][0]).reshape(v["shape"]) for k, v in head.items()}
    return out, meta, len(raw)


def main():
    got, meta, size = read(sys.argv[1])
    want = tensors()
    assert set(got) == set(want), set(got) ^ set(want)
    for k in want:
        assert got[k].shape == want[k].shape and (got[k] == want[k]).all(), k
    for k in LANDMARKS:
        assert k in got, k
    assert all(isinstance(v, str) for v in meta.values())
    assert got["model.diffusion_model.input_blocks.0.0.weight"].shape[1] == 9
    vocabulary = got["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"].shape[0]
    assert vocabulary == 512 + len(meta["pentimento.merges"].split("\n")) + 2, vocabulary
    assert size <= 24 * 2 ** 20, size
    print("as trained;", len(got), "tensors,", round(size / 2 ** 20, 2), "MiB,", vocabulary, "tokens")


if __name__ == "__main__":
    main()
