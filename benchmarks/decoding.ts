/**
 * Decoding: tokens a second after 1k to 64k others, a dense cache beside strided, fixed and local ones.
 *
 * Command: `pnpm bench decoding`, on a machine that does nothing else. Two cores with AVX-512: three minutes, 5 GiB. It writes
 * docs/results/decoding.md and the plot beside it. BENCH_CONTEXTS=1024,4096 measures some contexts, and leaves both alone.
 */
import { join } from 'node:path';
import { useEngine } from '@sparse-transformers/engines';
import type { Report } from './bench.ts';
import { contexts, type DecodingPoint, measureContext } from './decoding/contexts.ts';
import { writePage } from './decoding/page.ts';
import { plotDecoding } from './decoding/plot.ts';

const results = join(import.meta.dirname, '../docs/results');

/** The time of a token may grow as the row of keys that its pattern shows, and by half as much again for caches that grow out of the processor's. */
const slack = 1.5;

/** All figures; page and plot are written at the end. */
export async function run(report: Report): Promise<void> {
  const { name: engine } = await useEngine('auto');
  const wanted = process.env['BENCH_CONTEXTS']?.split(',').map(Number);
  // Once for nothing: the first tokens of a process wait for its compiler.
  await measureContext(contexts[0]!);
  const points: DecodingPoint[] = [];
  for (const context of wanted ?? contexts) {
    for (const point of await measureContext(context)) {
      points.push(point);
      const name = `decode after ${context}, ${point.name}`;
      report({ name, engine, value: point.tokensASecond, unit: 'tokens/s' });
    }
  }
  reportGrowth(report, engine, points);
  if (wanted) return;
  writePage(join(results, 'decoding.md'), engine, points);
  await plotDecoding(join(results, 'decoding.svg'), points);
}

function reportGrowth(report: Report, engine: string, points: readonly DecodingPoint[]): void {
  for (const name of new Set(points.map((point) => point.name))) {
    const ofName = points.filter((point) => point.name === name);
    const [first, last] = [ofName[0]!, ofName.at(-1)!];
    report({
      name: `${name}: a token after ${last.context} beside one after ${first.context}`,
      engine,
      value: last.millisecondsAToken / first.millisecondsAToken,
      unit: '×',
      must: `<= ${((slack * last.row) / first.row).toFixed(2)}`,
    });
  }
}
