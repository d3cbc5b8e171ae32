import { describe, expect, it } from 'vitest';
import { blockLocal, compile, full, local, perHead, strided } from '../src/index.ts';

describe('a plan', () => {
  // 192 query tiles: 191 see a full tile behind the diagonal, 190 the edge of the window. Each of 128 classes of 96 rows has 6 tiles of 32.
  it('is told in words', () => {
    expect(compile(strided({ stride: 128, window: 129 }), { queries: 12_288 }).explain()).toBe(
      [
        'strided(stride 128, window 129): 12,288 queries × 12,288 keys',
        '  pairs 2,148,416, 1.42 % of all cells; tiles 1,341',
        '  pass local: tiles of 64, 12,288 query rows, 12,288 key rows; 191 full, 382 partial with 2 masks',
        '  pass column: tiles of 32, 12,288 query rows, 12,288 key rows; 128 full, 640 partial with 2 masks',
      ].join('\n'),
    );
  });

  it('tells each group of heads, and where it starts', () => {
    const plan = compile(perHead([local({ window: 2 }), full(), full()]), { queries: 4, keys: 9, offset: 5 });
    expect(plan.explain()).toContain('4 queries × 9 keys, from position 5');
    expect(plan.explain()).toContain('  heads 0: local(window 2)\n');
    expect(plan.explain()).toContain('  heads 1, 2: causal()\n');
  });

  it('tells when no query sees a key', () => {
    const plan = compile(blockLocal({ block: 8 }), { queries: 4, keys: 4, offset: 100 });
    expect(plan.explain()).toContain('no pass: no query sees a key');
  });

  it('takes smaller tiles where classes of a stride would waste most of a large one', () => {
    const tiles = (queries: number) =>
      compile(strided({ stride: 128 }), { queries }).groups[0]!.passes.map(({ tile }) => tile);
    expect(tiles(128 * 32)).toEqual([64, 32]);
    expect(tiles(128 * 64)).toEqual([64, 64]);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(compile(full(), { queries: 4 }))).toBe(true);
    expect(Object.isFrozen(full())).toBe(true);
  });
});

describe('the cost of a plan, counted by hand', () => {
  // Blocks of 8, tiles of 8: four partial tiles on the diagonal with 36 pairs each. B 2, H 3, D 5, float32.
  const plan = compile(blockLocal({ block: 8 }), { queries: 32, tile: 8 });
  const cost = plan.cost({ batch: 2, heads: 3, headDim: 5 });

  it('has 4·D FLOPs a pair', () => {
    expect(cost.flops).toBe(2 * 3 * 4 * 5 * (4 * 36));
    expect(cost.dense.flops).toBe(2 * 3 * 4 * 5 * 32 * 32);
  });

  it('executes every cell of a tile', () => {
    expect(cost.executedFlops).toBe(2 * 3 * 4 * 5 * (4 * 64));
  });

  it('moves query and output rows once a pass, key and value rows once a tile', () => {
    expect(cost.bytes).toBe(2 * 3 * 5 * 4 * (2 * 32 + 4 * 2 * 8));
  });

  it('moves all scores four times when dense', () => {
    expect(cost.dense.bytes).toBe(2 * 3 * 4 * (5 * 4 * 32 + 4 * 32 * 32));
  });

  it('holds the tensors, the log-sum-exp and the plan; all scores when dense', () => {
    const tensors = 2 * 3 * 5 * 4 * (4 * 32);
    // Both sides share 32 rows; each list has 5 pointers and 4 runs of three numbers; one mask is 8 words.
    const ofPlan = 4 * (32 + 2 * (5 + 3 * 4) + 8);
    expect(cost.peakBytes).toBe(tensors + 2 * 3 * 32 * 4 + ofPlan);
    expect(cost.dense.peakBytes).toBe(tensors + 2 * 3 * 32 * 32 * 4);
  });

  it('takes half the bytes in a 16-bit type', () => {
    const half = plan.cost({ batch: 2, heads: 3, headDim: 5, bytesPerElement: 2 });
    expect(half.bytes).toBe(cost.bytes / 2);
  });

  it('has 2·(D + Dv) FLOPs a pair, and rows of both widths, where values are wider', () => {
    const wide = plan.cost({ batch: 2, heads: 3, headDim: 5, valueDim: 10 });
    expect(wide.flops).toBe(cost.flops * 1.5);
    expect(wide.executedFlops).toBe(cost.executedFlops * 1.5);
    expect(wide.bytes).toBe(cost.bytes * 1.5);
    expect(wide.dense.flops).toBe(cost.dense.flops * 1.5);
    expect(wide.peakBytes - cost.peakBytes).toBe(2 * 3 * 4 * 5 * (32 + 32));
  });

  it('adds up the heads of a per-head pattern', () => {
    const mixed = compile(perHead([blockLocal({ block: 8 }), full(), full()]), { queries: 32, tile: 8 });
    const each = [blockLocal({ block: 8 }), full(), full()].map((head) =>
      compile(head, { queries: 32, tile: 8 }).cost({ batch: 2, heads: 1, headDim: 5 }),
    );
    const whole = mixed.cost({ batch: 2, heads: 3, headDim: 5 });
    for (const part of ['flops', 'executedFlops', 'bytes'] as const) {
      expect(whole[part]).toBe(each.reduce((sum, head) => sum + head[part], 0));
    }
  });
});
