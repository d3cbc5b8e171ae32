import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareAsHtml, compareAsSvg } from '../src/index.ts';
import { Series } from '../src/report/series.ts';
import { smoothed } from '../src/report/smooth.ts';
import { Recordings, tinyText } from './recorded-run.ts';
import { Trial } from './trial.ts';

let recordings: Recordings;
beforeEach(() => {
  recordings = new Recordings();
});
afterEach(() => recordings.remove());

/** Two runs: the second is wider, and one step further. */
function twoRuns(): string[] {
  const wider = { ...tinyText, model: { ...tinyText.model, width: 192 } };
  const validation = [{ step: 2, loss: 2 * Math.LN2, bits: 2, predictions: 8 }];
  return [
    recordings.write('narrow', { metrics: [1, 2].map((step) => ({ step })), validation }),
    recordings.write('wide', { config: wider, metrics: [1, 2, 3].map((step) => ({ step, loss: 1 })) }),
  ];
}

/** The cells of the row of a name. */
function rowOf(html: string, name: string): string[] {
  const row = html.match(new RegExp(`<tr><th scope="row">${name}</th>(.*?)</tr>`))?.[1] ?? '';
  return [...row.matchAll(/<td>(.*?)<\/td>/g)].map((cell) => cell[1]!);
}

describe('a comparison of runs', () => {
  it('tells what the runs differ in and where they stand, and nothing that is the same', () => {
    const html = compareAsHtml(twoRuns());
    expect(rowOf(html, 'model.width')).toEqual(['128', '192']);
    expect(rowOf(html, 'best validation')).toEqual(['2.0000 at 2', '–']);
    expect(rowOf(html, 'steps')).toEqual(['2 of 3,000', '3 of 3,000']);
    expect(html).not.toContain('model.heads');
  });

  it('has a line a run in one plot, by steps, tokens or time', () => {
    const [steps, tokens] = [compareAsSvg(twoRuns()), compareAsSvg(twoRuns(), { by: 'tokens' })];
    for (const name of ['narrow', 'wide']) expect(steps).toContain(`>${name}</text>`);
    expect(steps).toContain('stroke="var(--curve-1)"');
    expect(tokens).toContain('>tokens</text>');
    expect(tokens).toContain('>300</text>');
  });

  it('smooths training, so that the course of a noisy run shows', () => {
    const series = new Series();
    for (let step = 1; step <= 400; step++)
      series.add(step, step === 200 ? Number.NaN : step % 2 === 0 ? 9 : 1);
    const means = smoothed(series.spans()).map(({ mean }) => mean);
    expect(means.filter(Number.isNaN)).toHaveLength(1);
    for (const mean of means.filter(Number.isFinite)) expect(Math.abs(mean - 5)).toBeLessThan(0.5);
  });

  it('tells the smoothed loss at the end, not what the last batch happened to hold', () => {
    const metrics = Array.from({ length: 400 }, (_, at) => ({ step: at + 1, bits: at % 2 === 0 ? 1 : 9 }));
    const noisy = recordings.write('noisy', { metrics });
    const [end] = rowOf(compareAsHtml([noisy, ...twoRuns()]), 'training at the end, as the line shows it');
    expect(Math.abs(Number(end) - 5)).toBeLessThan(0.5);
  });

  it('tells tokens a second over all sessions, not those of the last step, nor only those whose lines are left', () => {
    // A slow second session; the lines of the first were removed.
    const slow = { step: 4, tokens: 400, seconds: 100, tokensPerSecond: 9999 };
    const run = recordings.write('slow', { metrics: [{ step: 3, seconds: 60 }, slow] });
    const begun = recordings.write('begun', {});
    expect(rowOf(compareAsHtml([run, begun]), 'tokens a second, over the run')).toEqual(['4', '–']);
  });

  it('says so when runs are set alike', () => {
    const [narrow] = twoRuns();
    expect(rowOf(compareAsHtml([narrow!, narrow!]), 'no field')).toEqual(['', '']);
  });

  it('lets no name become markup', () => {
    const folder = recordings.write('<script>"&', { name: '<b>', metrics: [{ step: 1 }] });
    for (const text of [compareAsHtml([folder, ...twoRuns()]), compareAsSvg([folder, ...twoRuns()])]) {
      expect(text).not.toMatch(/<script|<b>/);
      expect(text).toContain('&lt;script&gt;&quot;&amp;');
    }
  });

  it('refuses one run, and more than there are colours', () => {
    const [narrow] = twoRuns();
    expect(() => compareAsHtml([narrow!])).toThrow('2 to 8 runs; got 1');
    expect(() => compareAsHtml(Array<string>(9).fill(narrow!))).toThrow('got 9');
  });
});

describe('sparse-train compare', () => {
  it('writes SVG or HTML by the name of the file, and refuses what it does not know', async () => {
    const trial = new Trial();
    try {
      for (const [name, start] of [
        ['a.svg', '<svg'],
        ['a.html', '<!doctype html>'],
      ] as const) {
        const out = join(recordings.root, name);
        const { code, output } = await trial.run(['compare', ...twoRuns(), '--out', out, '--by', 'seconds']);
        expect([code, output]).toEqual([0, `${out}\n`]);
        expect(readFileSync(out, 'utf8').startsWith(start)).toBe(true);
      }
      const out = join(recordings.root, 'a.png');
      const refused = await trial.run(['compare', ...twoRuns(), '--out', out]);
      expect(refused.errors).toContain('--out must end in .svg or .html');
      expect((await trial.run(['compare', ...twoRuns(), '--by', 'days'])).errors).toContain(
        '--by must be one of',
      );
      expect(existsSync(out)).toBe(false);
    } finally {
      trial.remove();
    }
  });
});
