/**
 * The engines wasm and native: products, attention, whole training steps, growth, ops that wait for memory, start-up. Half an hour on two cores
 * that do nothing else; needs the built packages (`pnpm build`) and a C compiler.
 *
 * Peers in the same run: oneDNN where its headers are (Debian: libdnnl-dev), PyTorch where TWIN_PYTHON names a Python that has it. Run it once
 * with Node 20 (SIMD) and once with Node 24 or later (relaxed SIMD). Each run rewrites its section of docs/results/cpu.md, and the plot.
 *
 * What the figures must reach is what they held, run after run, on the machine that `twoXeonCores` names: a change that is slower fails there. On
 * other machines they are told.
 */
import type { Figure, Report } from './bench.ts';
import { reportAttention } from './cpu/attention.ts';
import { reportMemoryBound } from './cpu/memory-bound.ts';
import { reportProducts } from './cpu/products.ts';
import { type Part, writePage } from './cpu/results-page.ts';
import { reportStartUp } from './cpu/start-up.ts';
import { reportTrainSteps } from './cpu/train-step.ts';
import { twoXeonCores } from './figures/machine.ts';

const parts: readonly { title: string; text: string; measure: (report: Report) => void | Promise<void> }[] = [
  {
    title: 'Start-up',
    text: 'From the import of the engines package to the end of `useEngine`, in fresh processes, with TensorFlow.js loaded before.',
    measure: reportStartUp,
  },
  // Before an engine holds the native device's threads: this part counts its own.
  {
    title: 'Ops that wait for memory',
    text: 'Tensors of 64 MiB; the time beside that of a memory copy of the same bytes, with as many threads. The aim is twice a copy; rows that need more are not there yet.',
    measure: reportMemoryBound,
  },
  {
    title: 'Matrix products',
    text: 'float32, all four transposes; the worst of the four counts. Shares of oneDNN are taken in turns in the same run. The aim is 45 GFLOP/s a core on wasm (52 with relaxed SIMD; batched 40 and 46), and 0.9 of oneDNN (batched 0.8).',
    measure: reportProducts,
  },
  {
    title: 'Attention',
    text: 'Batch 1, 8 heads of 64. PyTorch and ours in turns, two threads. The curves of growth: [plot](cpu-attention-growth.svg).',
    measure: reportAttention,
  },
  {
    title: 'Whole training steps',
    text: '4 layers, width 256, 4 heads, two threads: forward, backward, clipping, AdamW. PyTorch trains the same sizes with dense attention. The aim at 4,096 is twice its speed.',
    measure: reportTrainSteps,
  },
];

/** All figures; the page is written at the end. BENCH_PARTS=Attention,Start-up runs some parts and leaves the page alone. */
export async function run(report: Report): Promise<void> {
  const wanted = process.env['BENCH_PARTS']?.split(',');
  const measured: Part[] = [];
  for (const { title, text, measure } of parts) {
    if (wanted && !wanted.includes(title)) continue;
    const figures: Figure[] = [];
    await measure((measured) => {
      const figure = { ...measured, on: twoXeonCores };
      figures.push(figure);
      report(figure);
    });
    measured.push({ title, text, figures });
  }
  if (!wanted) writePage(measured);
}
