"""An independent twin of the sparse transformer, in PyTorch: it shares no code with this repository, only files.

usage: twin.py FOLDER

Reads FOLDER/model.json, initial.safetensors, trained.safetensors, batches.safetensors and training.json, computes the logits of the
trained weights on the first batch, trains the initial weights on all batches, and writes FOLDER/twin.json:
{"logits": [...], "losses": [...], "torch": "version"}. Dense attention with a mask, plain PyTorch autograd, float32.
"""

import json
import math
import struct
import sys
from pathlib import Path

import torch
import torch.nn.functional as F


def read_safetensors(path):
    data = Path(path).read_bytes()
    (header_length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + header_length])
    kinds = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + header_length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=kinds[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def mask_of(pattern, length):
    """True where the query (row) sees the key (column); all patterns here are causal."""
    i, j = torch.arange(length)[:, None], torch.arange(length)[None, :]
    kind = pattern["kind"]
    if kind == "full":
        seen = torch.ones(length, length, dtype=torch.bool)
    elif kind == "local":
        seen = i - j < pattern["window"]
    elif kind == "column":
        seen = (i - j) % pattern["stride"] == 0
    elif kind == "strided":
        seen = (i - j < pattern["window"]) | ((i - j) % pattern["stride"] == 0)
    elif kind in ("blockLocal", "summary", "fixed"):
        block = pattern["block"]
        same = i // block == j // block
        if kind == "blockLocal":
            seen = same
        else:
            end = block - pattern["slot"] * pattern["summary"]
            column = (j % block < end) & (j % block >= end - pattern["summary"])
            seen = column.expand(length, length) if kind == "summary" else same | column
    elif kind in ("or", "and"):
        parts = torch.stack([mask_of(part, length) for part in pattern["patterns"]])
        seen = parts.any(0) if kind == "or" else parts.all(0)
    else:
        raise SystemExit(f"twin.py: pattern kind {kind!r} is not written here")
    return seen & (j <= i)


def head_masks(pattern, heads, length):
    parts = pattern["patterns"] if pattern["kind"] == "perHead" else [pattern] * heads
    return torch.stack([mask_of(part, length) for part in parts])


def position_rows(config, weights, count):
    """The sum of what stands in the tables for positions 0 … count − 1."""
    i = torch.arange(count)
    place = config["positions"]
    if place["kind"] == "attention":
        rows = {"row": i // place["stride"], "column": i % place["stride"]}
    else:
        pixel = i // place["channels"]
        rows = {"row": pixel // place["columns"], "column": pixel % place["columns"], "channel": i % place["channels"]}
    return sum(weights[f"position.{name}.weight"][row] for name, row in rows.items())


def inputs_and_targets(config, batch):
    """Behind a learned start all tokens are targets; else the first one is none."""
    return batch[:, :-1].long(), (batch if config["start"] == "learned" else batch[:, 1:]).long()


def forward(config, weights, tokens):
    width, heads, query_key_width = config["width"], config["heads"], config["queryKeyWidth"]
    x = weights["token.weight"][tokens] + position_rows(config, weights, tokens.shape[1])
    if config["start"] == "learned":
        x = torch.cat([weights["start.weight"].expand(len(tokens), 1, width), x], dim=1)
    batch, length, _ = x.shape

    def linear(name, x):
        return F.linear(x, weights[name + ".weight"].T, weights.get(name + ".bias"))

    def norm(name, x, epsilon):
        return F.layer_norm(x, (width,), weights[name + ".gain"], weights[name + ".bias"], epsilon)

    def split(x):
        return x.reshape(batch, length, heads, -1).transpose(1, 2)

    for layer in range(config["layers"]):
        block = f"blocks.{layer}."
        pattern = config["patterns"][layer % len(config["patterns"])]["pattern"]
        h = norm(block + "attentionNorm", x, 1e-5)
        q, k, v = (split(linear(block + "attention." + part, h)) for part in ("query", "key", "value"))
        scores = q @ k.transpose(2, 3) / math.sqrt(query_key_width // heads)
        seen = head_masks(pattern, heads, length)
        chances = torch.softmax(scores.masked_fill(~seen, float("-inf")), dim=3)
        # A query that sees no key gives zeros.
        chances = torch.where(seen.any(-1, keepdim=True), chances, torch.zeros(()))
        x = x + linear(block + "attention.output", (chances @ v).transpose(1, 2).reshape(batch, length, width))
        inner = linear(block + "feedForward.inner", norm(block + "feedForwardNorm", x, 1e-5))
        x = x + linear(block + "feedForward.outer", inner * torch.sigmoid(1.702 * inner))
    return linear("output", norm("finalNorm", x, 1e-6))


def learning_rate(settings, step):
    warmup, total, peak = settings["warmupSteps"], settings["totalSteps"], settings["peakLearningRate"]
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def train(config, settings, weights, batches):
    weights = {name: value.clone().requires_grad_() for name, value in weights.items()}
    matrices = [value for value in weights.values() if value.dim() >= 2]
    others = [value for value in weights.values() if value.dim() < 2]
    groups = [{"params": matrices, "weight_decay": settings["weightDecay"]}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for step, batch in enumerate(batches):
        inputs, targets = inputs_and_targets(config, batch)
        logits = forward(config, weights, inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), settings["clipNorm"])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings, step)
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    config = json.loads((folder / "model.json").read_text())
    settings = json.loads((folder / "training.json").read_text())
    batches = read_safetensors(folder / "batches.safetensors")["batches"]
    with torch.no_grad():
        trained = read_safetensors(folder / "trained.safetensors")
        logits = forward(config, trained, inputs_and_targets(config, batches[0])[0])
    losses = train(config, settings, read_safetensors(folder / "initial.safetensors"), batches)
    result = {"logits": logits.flatten().tolist(), "losses": losses, "torch": torch.__version__}
    (folder / "twin.json").write_text(json.dumps(result))


main()
