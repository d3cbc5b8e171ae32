/**
 * Matrix products in all four transposes: wasm on one thread and on two, native beside oneDNN on one thread and on two. Who is compared takes
 * turns, and a figure of a shape is that of its slowest transpose.
 */
import { registerDeviceBackend } from '@sparse-transformers/backend';
import { createNativeDevice } from '@sparse-transformers/device-native';
import { createWasmDevice } from '@sparse-transformers/device-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../bench.ts';
import { buildOneDnn, type OneDnn, type Sides } from './onednn.ts';

/** Milliseconds of a turn; turns of each side. */
const turn = 120;
const turns = 4;

/** A shape, and what it must reach: GFLOP/s on wasm without and with relaxed SIMD, the share of oneDNN's rate on native. */
interface Shape extends Sides {
  readonly name: string;
  readonly simd: number;
  readonly relaxed: number;
  /** On one thread, and on two. */
  readonly shares: readonly [number, number];
}

const shapes: readonly Shape[] = [
  { ...cube(512), simd: 42, relaxed: 50, shares: [0.8, 0.72] },
  { ...cube(1024), simd: 39, relaxed: 49, shares: [0.87, 0.82] },
  {
    batch: 1,
    rows: 2048,
    depth: 512,
    columns: 2048,
    name: '2048×512×2048',
    simd: 41,
    relaxed: 49,
    shares: [0.9, 0.89],
  },
  {
    batch: 96,
    rows: 128,
    depth: 64,
    columns: 128,
    name: '96×(128×64×128)',
    simd: 38,
    relaxed: 46,
    shares: [0.78, 0.75],
  },
];

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

function cube(size: number): Sides & { name: string } {
  return { batch: 1, rows: size, depth: size, columns: size, name: `${size}³` };
}

/** Rates of one shape in GFLOP/s, one for each transpose. */
interface Rates {
  readonly best: number[];
  readonly median: number[];
}

/** One who multiplies for a turn, and tells the milliseconds of each call. */
type Side = (shape: Shape, transposeA: boolean, transposeB: boolean) => Promise<number[]>;

/** The rows of products. */
export async function reportProducts(report: Report): Promise<void> {
  await reportWasm(report);
  const oneDnn = buildOneDnn();
  if (!oneDnn) console.error('products: without oneDNN, since its headers (libdnnl-dev 2) or cc are missing');
  try {
    for (const threads of [1, 2]) await reportNative(threads, oneDnn, report);
  } finally {
    oneDnn?.remove();
  }
}

async function reportWasm(report: Report): Promise<void> {
  const names = ['products-wasm-1', 'products-wasm-2'] as const;
  let relaxed = false;
  for (const [index, name] of names.entries()) {
    const device = await createWasmDevice({ threads: index + 1 });
    relaxed = device.description.includes('relaxed');
    registerDeviceBackend(name, device);
  }
  for (const shape of shapes) {
    const [one, two] = (await compare(shape, names.map(ours))) as [Rates, Rates];
    const must = `>= ${relaxed ? shape.relaxed : shape.simd}`;
    reportRates(report, `product ${shape.name}, 1 thread`, 'wasm', one, must);
    report({
      name: `product ${shape.name}, 2 threads ÷ 1`,
      engine: 'wasm',
      value: leastRatio(two, one),
      unit: 'times',
      must: '>= 1.8',
    });
  }
  for (const name of names) tf.removeBackend(name);
}

async function reportNative(threads: number, oneDnn: OneDnn | null, report: Report): Promise<void> {
  const name = `products-native-${threads}`;
  registerDeviceBackend(name, await createNativeDevice({ threads }));
  const theirs: Side = async (shape, transposeA, transposeB) =>
    oneDnn ? oneDnn.multiply(shape, transposeA, transposeB, threads, turn) : [];
  for (const shape of shapes) {
    const label = `product ${shape.name}, ${threads} thread${threads === 1 ? '' : 's'}`;
    const [own, other] = (await compare(shape, oneDnn ? [ours(name), theirs] : [ours(name)])) as [
      Rates,
      Rates?,
    ];
    reportRates(report, label, 'native', own);
    if (!other) continue;
    reportRates(report, `${label}, oneDNN`, 'none', other);
    report({
      name: `${label}, ours ÷ oneDNN`,
      engine: 'native',
      value: leastRatio(own, other),
      unit: 'times',
      must: `>= ${shape.shares[threads === 1 ? 0 : 1]}`,
    });
  }
  tf.removeBackend(name);
}

function reportRates(report: Report, name: string, engine: string, rates: Rates, must?: string): void {
  const unit = 'GFLOP/s';
  report({ name: `${name}, best`, engine, value: Math.min(...rates.best), unit, ...(must ? { must } : {}) });
  report({ name: `${name}, median`, engine, value: Math.min(...rates.median), unit });
}

/** The ratio of the best rates in the transpose where it is least. */
function leastRatio(above: Rates, below: Rates): number {
  return Math.min(...above.best.map((rate, index) => rate / below.best[index]!));
}

/** Lets all sides take turns at each transpose. */
async function compare(shape: Shape, sides: readonly Side[]): Promise<Rates[]> {
  const all: Rates[] = sides.map(() => ({ best: [], median: [] }));
  const work = 2e-6 * shape.batch * shape.rows * shape.depth * shape.columns;
  for (const [transposeA, transposeB] of transposes) {
    const times: number[][] = sides.map(() => []);
    for (let round = 0; round < turns; round++) {
      for (const [index, side] of sides.entries())
        times[index]!.push(...(await side(shape, transposeA, transposeB)));
    }
    for (const [index, own] of times.entries()) {
      own.sort((a, b) => a - b);
      all[index]!.best.push(work / own[0]!);
      all[index]!.median.push(work / own[Math.floor(own.length / 2)]!);
    }
  }
  return all;
}

/** `tf.matMul` on one of our backends. */
function ours(backendName: string): Side {
  return async ({ batch, rows, depth, columns }, transposeA, transposeB) => {
    await tf.setBackend(backendName);
    const a = tf.randomUniform(transposeA ? [batch, depth, rows] : [batch, rows, depth], -1, 1);
    const b = tf.randomUniform(transposeB ? [batch, columns, depth] : [batch, depth, columns], -1, 1);
    const multiply = () => tf.dispose(tf.matMul(a, b, transposeA, transposeB));
    multiply(); // Warms up.
    const times: number[] = [];
    for (const end = performance.now() + turn; performance.now() < end; ) {
      const start = performance.now();
      multiply();
      times.push(performance.now() - start);
    }
    tf.dispose([a, b]);
    return times;
  };
}
