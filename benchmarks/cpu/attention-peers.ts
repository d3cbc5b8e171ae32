/**
 * Sparse attention on the native device beside PyTorch on the same two threads, in turns: its dense attention, and FlexAttention with the
 * summary keys gathered behind the others, as an expert writes the fixed pattern. FlexAttention has no backward on the CPU.
 */
import { registerDeviceBackend } from '@sparse-transformers/backend';
import { createNativeDevice } from '@sparse-transformers/device-native';
import { compile, fixed, strided } from '@sparse-transformers/patterns';
import * as tf from '@tensorflow/tfjs-core';
import type { Report } from '../bench.ts';
import { attentionOf } from './attention-times.ts';
import { missingPython, PythonPeer } from './python-peer.ts';

const threads = 2;
const heads = 8;
const headDim = 64;
const block = 128;
const summary = 32;

/** A length, its rounds, and how many times faster than PyTorch each must be. */
const cases = [
  { length: 4096, rounds: 6, fixedFactor: 2.8 },
  { length: 12288, rounds: 3, fixedFactor: 3, stridedFactor: 12 },
];

/** Best milliseconds by what was measured. */
type Times = Map<string, number>;

/** The rows of the comparison; without PyTorch our own times alone. */
export async function reportPeers(report: Report): Promise<void> {
  const missing = missingPython();
  if (missing !== null) console.error(`attention: PyTorch was not measured, since ${missing}`);
  const backendName = 'attention-peers';
  registerDeviceBackend(backendName, await createNativeDevice({ threads }));
  await tf.setBackend(backendName);
  for (const { length, rounds, fixedFactor, stridedFactor } of cases) {
    const times = await measure(length, rounds, missing === null);
    const name = `attention, n ${length}, ${threads} threads`;
    for (const [what, value] of times) {
      report({
        name: `${name}, ${what}`,
        engine: what.includes('PyTorch') ? 'none' : 'native',
        value,
        unit: 'ms',
      });
    }
    const compare = (theirs: string, ours: string, least?: number) =>
      reportRatio(name, times, theirs, ours, report, least);
    compare('PyTorch dense both ways', 'fixed both ways', fixedFactor);
    compare('PyTorch dense both ways', 'strided both ways', stridedFactor);
    compare('PyTorch Flex fixed forward', 'fixed forward', 1);
  }
  tf.removeBackend(backendName);
}

function reportRatio(
  name: string,
  times: Times,
  theirs: string,
  ours: string,
  report: Report,
  least?: number,
): void {
  const [a, b] = [times.get(theirs), times.get(ours)];
  if (a === undefined || b === undefined) return;
  const must = least === undefined ? {} : { must: `>= ${least}` };
  report({ name: `${name}, ${theirs} ÷ ${ours}`, engine: 'native', value: a / b, unit: 'times', ...must });
}

/** Who is compared takes turns. */
async function measure(length: number, rounds: number, withPython: boolean): Promise<Times> {
  const plan = (pattern: Parameters<typeof compile>[0]) =>
    compile(pattern, { queries: length, keys: length });
  const ours = {
    fixed: attentionOf(plan(fixed({ block, summary })), heads, headDim),
    strided: attentionOf(plan(strided({ stride: block })), heads, headDim),
  };
  const sizes = [heads, headDim, length, block, summary, threads].map(String);
  const peer = withPython ? new PythonPeer('attention_peers.py', sizes) : null;
  const times: Times = new Map();
  const add = (what: string, milliseconds: number) =>
    times.set(what, Math.min(milliseconds, times.get(what) ?? Number.POSITIVE_INFINITY));
  const ask = async (question: string, what: string) => {
    const answer = await peer?.ask<{ milliseconds?: number; error?: string }>(question);
    if (answer?.milliseconds) add(what, answer.milliseconds);
    else if (answer) console.error(`attention: ${what} was not measured: ${answer.error}`);
  };
  try {
    for (let round = 0; round < rounds; round++) {
      add('fixed forward', ours.fixed.forward());
      await ask('flex forward', 'PyTorch Flex fixed forward');
      add('fixed both ways', ours.fixed.both());
      add('strided both ways', ours.strided.both());
      await ask('dense both', 'PyTorch dense both ways');
    }
  } finally {
    peer?.close();
    ours.fixed.dispose();
    ours.strided.dispose();
  }
  return times;
}
