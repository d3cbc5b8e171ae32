/**
 * What a model of sound without a network reaches: how often each µ-law level followed each other one in the training sound,
 * with Witten-Bell smoothing (Witten and Bell 1991). A trained model must do better on the same sound.
 *
 * Counts the sound that BENCH_AUDIO_TRAIN names, and predicts what BENCH_AUDIO_VALID names (files, folders or patterns, as
 * openAudioDataset takes them), at BENCH_SAMPLE_RATE samples a second (12,000 unless told). Machine: any; seconds: a few.
 */
import { openAudioDataset, type TokenSplit } from '@sparse-transformers/datasets';
import type { Report } from './bench.ts';
import { numberOf, pathsOf } from './figures/variables.ts';

const levels = 256;
const samplesAtOnce = 1 << 20;

/** Counts of the levels, in all and after each level. */
interface Histogram {
  readonly all: Float64Array;
  /** Row: the sample before. */
  readonly after: readonly Float64Array[];
}

/** One figure an order: bits a sample. */
export async function run(report: Report): Promise<void> {
  const sampleRate = numberOf('BENCH_SAMPLE_RATE', 12_000);
  const histogram: Histogram = {
    all: new Float64Array(levels),
    after: Array.from({ length: levels }, () => new Float64Array(levels)),
  };
  await eachPair('BENCH_AUDIO_TRAIN', sampleRate, (before, sample) => {
    histogram.all[sample]!++;
    histogram.after[before]![sample]!++;
  });
  const [zeroth, first] = costs(histogram);
  let [samples, alone, given] = [0, 0, 0];
  await eachPair('BENCH_AUDIO_VALID', sampleRate, (before, sample) => {
    samples++;
    alone += zeroth[sample]!;
    given += first[before]![sample]!;
  });
  const unit = 'bits/sample';
  report({ name: 'histogram', engine: 'none', value: alone / samples, unit });
  report({ name: 'histogram given the sample before', engine: 'none', value: given / samples, unit });
}

/** The bits that each level costs, alone and after each level. */
function costs({ all, after }: Histogram): [zeroth: Float64Array, first: Float64Array[]] {
  const chances = smooth(all, new Float64Array(levels).fill(1 / levels));
  const toBits = (row: Float64Array): Float64Array => row.map((chance) => -Math.log2(chance));
  return [toBits(chances), after.map((counts) => toBits(smooth(counts, chances)))];
}

/** (count + distinct levels · chance without the context) ÷ (total + distinct levels). */
function smooth(counts: Float64Array, shorter: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const distinct = counts.filter((count) => count > 0).length;
  if (total === 0) return shorter;
  return counts.map((count, level) => (count + distinct * shorter[level]!) / (total + distinct));
}

/** Visits each sample but the first of each piece, with the one before it. */
async function eachPair(
  variable: string,
  sampleRate: number,
  visit: (before: number, sample: number) => void,
): Promise<void> {
  const dataset = await openAudioDataset(pathsOf(variable), { sampleRate, split: { all: 1 } });
  const split = dataset.split('all');
  const firsts = new Set(split.pieces);
  let before = 0;
  for await (const { start, samples } of pages(split)) {
    samples.forEach((sample, index) => {
      if (!firsts.has(start + index)) visit(before, sample);
      before = sample;
    });
  }
  await dataset.close();
}

async function* pages(split: TokenSplit): AsyncGenerator<{ start: number; samples: Int32Array }> {
  for (let start = 0; start < split.tokens; start += samplesAtOnce) {
    const samples = new Int32Array(Math.min(samplesAtOnce, split.tokens - start));
    await split.read(start, samples);
    yield { start, samples };
  }
}
