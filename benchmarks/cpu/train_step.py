"""One whole training step of a dense transformer in PyTorch, the peer of train-step.ts: same sizes, AdamW, clipping at norm 1.

    python train_step.py LAYERS WIDTH HEADS LENGTH BATCH STRIDE THREADS

For each line read it takes that many steps and answers with {"milliseconds": [one a step]}. Attention is scaled_dot_product_attention with
is_causal: every pair of positions, which is what PyTorch does best on a CPU. Positions are rows and columns of a matrix STRIDE wide.
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

layers, width, heads, length, batch, stride, threads = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(0)
vocabulary = 256


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        q, k, v = (t.view(batch, length, heads, width // heads).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(width, -1))
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, length, width))
        u = self.up(self.norm2(x))
        return x + self.down(u * torch.sigmoid(1.702 * u))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.rows, self.columns = nn.Embedding((length + stride - 1) // stride, width), nn.Embedding(stride, width)
        self.blocks = nn.ModuleList([Block() for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary)

    def forward(self, tokens):
        i = torch.arange(length)
        x = self.tokens(tokens) + self.rows(i // stride) + self.columns(i % stride)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
data = torch.randint(0, vocabulary, (batch, length + 1))


def step():
    loss = F.cross_entropy(model(data[:, :-1]).reshape(-1, vocabulary), data[:, 1:].reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        began = time.perf_counter()
        step()
        times.append((time.perf_counter() - began) * 1e3)
    print(json.dumps({"milliseconds": times, "torch": torch.__version__}), flush=True)
