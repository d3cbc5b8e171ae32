"""Attention in PyTorch, the peer of attention-peers.ts: float32, batch 1, random inputs.

    python attention_peers.py HEADS DIM LENGTH BLOCK SUMMARY THREADS

For each line read, `dense forward`, `dense both` or `flex forward`, it runs once and answers {"milliseconds": …} or {"error": …}; the first
line of a kind warms up before it. `dense` is scaled_dot_product_attention with is_causal. `flex` is the fixed pattern in FlexAttention, with
the summary keys gathered behind the others so that blocks fall empty; the gathering is timed too. LENGTH is a multiple of BLOCK.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

heads, dim, length, block, summary, threads = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(0)
q, k, v, gradient = (torch.randn(1, heads, length, dim) for _ in range(4))


def dense_forward():
    with torch.no_grad():
        F.scaled_dot_product_attention(q, k, v, is_causal=True)


def dense_both():
    inputs = [x.detach().requires_grad_() for x in (q, k, v)]
    F.scaled_dot_product_attention(*inputs, is_causal=True).backward(gradient)


def fixed(b, h, i, j):
    position = ((j - length) // summary) * block + (block - summary) + (j - length) % summary
    own = (j <= i) & (i // block == j // block)
    return torch.where(j < length, own, (position <= i) & (position // block != i // block))


def make_flex_forward():
    rows = torch.arange(length).view(-1, block)[:, block - summary :].reshape(-1)
    mask = create_block_mask(fixed, None, None, length, length + len(rows), device="cpu")
    flex = torch.compile(flex_attention)

    def forward():
        with torch.no_grad():
            flex(q, torch.cat([k, k[:, :, rows]], 2), torch.cat([v, v[:, :, rows]], 2), block_mask=mask)

    return forward


makers = {"dense forward": lambda: dense_forward, "dense both": lambda: dense_both, "flex forward": make_flex_forward}
ready = {}


def answer(what):
    try:
        if what not in ready:
            ready[what] = makers[what]()
            ready[what]()
        began = time.perf_counter()
        ready[what]()
        return {"milliseconds": (time.perf_counter() - began) * 1e3, "torch": torch.__version__}
    except Exception as error:
        return {"error": (str(error).splitlines() or [type(error).__name__])[0]}


for line in sys.stdin:
    print(json.dumps(answer(line.strip())), flush=True)
