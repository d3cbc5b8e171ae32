"""Reads a model with NumPy alone, as docs/model-format.md has it, and prints the logits of each slot, a line of JSON each:

python3 examples/numpy_model.py FOLDER 3 1 4 1 5
"""

import json
import sys
from pathlib import Path

import numpy as np


def read_tensors(path):
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    bytes_of = {name: data[begin + t["data_offsets"][0] : begin + t["data_offsets"][1]] for name, t in header.items() if name != "__metadata__"}
    return {name: np.frombuffer(b, "<f4").reshape(header[name]["shape"]).astype(np.float64) for name, b in bytes_of.items()}


def shows(pattern, head, q, k):
    """Which keys each query sees."""
    kind, parts = pattern["kind"], pattern.get("patterns", [])
    if kind == "perHead":
        return shows(parts[head], head, q, k)
    if kind in ("and", "or"):
        return (np.logical_and if kind == "and" else np.logical_or).reduce([shows(part, head, q, k) for part in parts])
    allowed = (k <= q) | (not pattern["causal"])
    size = {name: pattern.get(name, 1) for name in ("window", "stride", "block", "summary", "slot")}
    last = size["block"] - size["slot"] * size["summary"]
    near, column = abs(q - k) < size["window"], (q - k) % size["stride"] == 0
    own = q // size["block"] == k // size["block"]
    summary = (k % size["block"] >= last - size["summary"]) & (k % size["block"] < last)
    sets = {"full": True, "local": near, "column": column, "strided": near | column, "blockLocal": own, "summary": summary, "fixed": own | summary}
    return allowed & sets[kind]


def model_logits(folder, tokens):
    config, weights = json.loads((folder / "model.json").read_text()), read_tensors(folder / "weights.safetensors")
    dense = lambda x, name: x @ weights[f"{name}.weight"] + weights.get(f"{name}.bias", 0)

    def norm(x, name, epsilon):
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon) * weights[f"{name}.gain"] + weights[f"{name}.bias"]

    def attention(x, name, pattern):
        n, heads, places = len(x), config["heads"], np.arange(len(x))
        q, k, v = (dense(x, f"{name}.{part}").reshape(n, heads, -1).swapaxes(0, 1) for part in ("query", "key", "value"))
        seen = np.stack([np.broadcast_to(shows(pattern, head, places[:, None], places[None, :]), (n, n)) for head in range(heads)])
        scores = np.where(seen, q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2]), -np.inf)
        e = np.exp(scores - np.where(seen.any(-1), scores.max(-1), 0)[..., None])
        return dense((e @ v / np.maximum(e.sum(-1, keepdims=True), 1e-300)).swapaxes(0, 1).reshape(n, -1), f"{name}.output")

    place, at = np.arange(len(tokens)), config["positions"]
    if at["kind"] == "attention":
        rows = {"row": place // at["stride"], "column": place % at["stride"]}
    else:
        pixel = place // at["channels"]
        rows = {"row": pixel // at["columns"], "column": pixel % at["columns"], "channel": place % at["channels"]}
    x = weights["token.weight"][tokens] + sum(weights[f"position.{name}.weight"][row] for name, row in rows.items())
    if config["start"] == "learned":
        x = np.vstack([weights["start.weight"], x])
    for layer in range(config["layers"]):
        name, pattern = f"blocks.{layer}", config["patterns"][layer % len(config["patterns"])]["pattern"]
        x = x + attention(norm(x, f"{name}.attentionNorm", 1e-5), f"{name}.attention", pattern)
        inner = dense(norm(x, f"{name}.feedForwardNorm", 1e-5), f"{name}.feedForward.inner")
        x = x + dense(inner / (1 + np.exp(-1.702 * inner)), f"{name}.feedForward.outer")
    return norm(x, "finalNorm", 1e-6) @ weights["output.weight"]


if __name__ == "__main__":
    for row in model_logits(Path(sys.argv[1]), np.array([int(word) for word in sys.argv[2:]], dtype=int)):
        print(json.dumps(row.tolist()))
