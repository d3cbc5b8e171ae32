import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportOf, sessionLine, writeReport } from '../src/index.ts';
import { readCurves } from '../src/report/curves.ts';
import { Series } from '../src/report/series.ts';
import { listed } from '../src/report/words.ts';
import { metricsLine, type Recording, Recordings, tinyText } from './recorded-run.ts';

/** A picture of one red pixel. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
);

let recordings: Recordings;
beforeEach(() => {
  recordings = new Recordings();
});
afterEach(() => recordings.remove());

/** The report of a run, without the drawings of patterns where texts are counted. */
function report(recording: Recording, place = 'run'): string {
  return reportOf(recordings.write(place, recording));
}

/** Every tag of a page, as it is written. */
function tagsOf(html: string): string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

describe('the report of a run', () => {
  it('shows curves, samples, patterns, commands, surroundings and settings', async () => {
    const folder = recordings.write('run', {
      metrics: [
        { step: 1, loss: 4 * Math.LN2 },
        { step: 2, loss: 3 * Math.LN2 },
      ],
      validation: [{ step: 2, loss: 2.5 * Math.LN2, bits: 2.5, predictions: 8 }],
      sessions: sessionLine({
        step: 0,
        started: { name: 'cpu', description: 'plain JavaScript', threads: 3 },
        skipped: [{ path: '/data/a.jsonl', line: 7, reason: 'it is no JSON' }],
      }),
      files: { 'samples/step-000002/sample-1.txt': 'To be, or not' },
    });
    const html = readFileSync(await writeReport(folder), 'utf8');
    for (const part of [
      ...['best validation, bits per character', '2.500 at 2', 'at step 2 of 3,000', 'To be, or not'],
      ...[
        'strided(stride 16, window 16)',
        'pass column',
        'All layers',
        'The nearest keys, and every so many before them',
        'Begun on ',
        'sparse-train --resume',
        'sparse-sample',
      ],
      ...[
        'cpu: plain JavaScript',
        '/data/a.jsonl, line 7',
        'it is no JSON',
        process.version,
        '&quot;steps&quot;: 3000',
      ],
    ]) {
      expect(html).toContain(part);
    }
  });

  it('has headings that a person would write', () => {
    const patterns = [
      { kind: 'repeat', times: 3, pattern: { kind: 'strided', stride: 16 } },
      { kind: 'fixed', block: 16, summary: 2, slot: 'distinct' },
    ] as const;
    const samples = { 'samples/step-000001/a.txt': 'x', 'samples/step-002000/a.txt': 'x' };
    const session = (step: number, time: string) => JSON.stringify({ step, time, facts: { node: 'v20' } });
    const html = report({
      config: { ...tinyText, model: { ...tinyText.model, layers: 12, patterns } },
      metrics: [{ step: 1 }],
      files: samples,
      sessions: `${session(0, '2026-11-29T06:19:55.028Z')}\n${session(1, 'some day')}\n`,
    });
    const headings = [...html.matchAll(/<h[123]>(.*?)<\/h[123]>/g)].map(([, text]) => text!);
    expect(headings).toEqual([
      ...['A run of a run', 'Curves', 'Samples', 'After 2,000 steps', 'After 1 step', 'Patterns'],
      ...['Layers 0 to 2, 4 to 6 and 8 to 10', 'Layers 3, 7 and 11', 'Go on with it', 'Where it ran'],
      ...['Gone on from step 1 on some day', 'Begun on 29 November 2026, 06:19 UTC', 'Configuration'],
    ]);
    const titles = [...html.matchAll(/role="img" font-family="system-ui[^>]*><title>(.*?)<\/title>/g)];
    expect(titles.map(([, title]) => title)).toEqual([
      ...['Loss, in bits per character', 'Learning rate', 'Norm of the gradients, before clipping'],
      ...['Tokens a second', 'Memory, in MiB'],
    ]);
  });

  it('draws each different head by itself, with the heads that have it', () => {
    const local = (window: number) => ({ kind: 'local', window }) as const;
    const patterns = [{ kind: 'perHead', patterns: [local(8), local(4), local(8), local(2)] }] as const;
    const html = report({ config: { ...tinyText, model: { ...tinyText.model, patterns } } });
    expect([...html.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, text]) => text)).toEqual([
      ...['Heads 0 and 2: local(window 8)', 'Head 1: local(window 4)', 'Head 3: local(window 2)'],
    ]);
  });

  it('tells figures of the whole run, not of its last step', () => {
    const metrics = Array.from({ length: 80 }, (_, at) => ({
      step: at + 1,
      bits: at % 2 === 0 ? 1 : 9,
      tokensPerSecond: 7777,
    }));
    const figures = [...report({ metrics }).matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)];
    const figure = new Map(figures.map(([, name, value]) => [name, value]));
    expect(figure.get('tokens a second, over the run')).toBe('200');
    expect(Math.abs(Number(figure.get('training at the end, bits per character')) - 5)).toBeLessThan(3);
  });

  it('marks whole steps, however few', () => {
    const html = report({ metrics: [{ step: 1 }, { step: 2 }, { step: 3 }] });
    const ticks = [...html.matchAll(/text-anchor="middle" fill="var\(--faint\)">(.*?)<\/text>/g)];
    expect(ticks.slice(0, 3).map(([, label]) => label)).toEqual(['1', '2', '3']);
  });

  it('is there for a run that has done nothing yet', () => {
    const html = report({});
    expect(html).toContain('at step 0 of 3,000');
    expect(html.split('nothing to show yet')).toHaveLength(6);
  });

  it('counts in the unit of the data', () => {
    const data = {
      kind: 'audio',
      sampleRate: 12_000,
      splitSeed: 0,
      validShare: 0.1,
      testShare: 0,
      onBadInput: 'refuse',
    } as const;
    expect(report({ config: { ...tinyText, data } })).toContain('bits per sample');
  });

  it('asks nothing of a network and runs no script', () => {
    const html = report({ metrics: [{ step: 1 }], files: { 'samples/step-000001/a.txt': 'x' } });
    expect(html).toContain(
      'content="default-src &#39;none&#39;; img-src data:; media-src data:; style-src &#39;unsafe-inline&#39;"',
    );
    expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:|@import|url\(/);
    expect(html).not.toMatch(/<script|<link|<iframe/);
  });

  it('lets nothing that a run holds become markup', () => {
    const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)>\u0000`;
    const html = report(
      {
        name: attack,
        metrics: [{ step: 1 }],
        sessions: sessionLine({
          step: 0,
          started: { name: 'cpu', description: attack, threads: 1 },
          skipped: [{ path: attack, reason: attack }],
        }),
        files: {
          'samples/step-000001/a.txt': attack,
          [`samples/step-000001/" onerror="alert(3)" a="'.png`]: png,
        },
      },
      `a "run's" <b onclick=alert(4)>`,
    );
    const names = new Set(tagsOf(html).map((tag) => /^<[/!]?([\w-]*)/.exec(tag)?.[1]));
    expect(names).not.toContain('script');
    expect(names).not.toContain('b');
    expect(tagsOf(html).filter((tag) => tag.startsWith('<img'))).toHaveLength(1);
    for (const tag of tagsOf(html)) expect(tag.replace(/"[^"]*"/g, '""')).not.toMatch(/\son\w+\s*=/);
    expect(html).not.toContain('\u0000');
  });

  it('quotes the folder for a shell', () => {
    expect(report({}, `it's $(mine)`)).toContain('it&#39;\\&#39;&#39;s $(mine)&#39;');
  });

  it('inlines pictures and sounds, and leaves out what is none, a link for instance', () => {
    const wav = Buffer.from('RIFF of some bytes');
    const folder = recordings.write('run', {
      metrics: [{ step: 1 }],
      files: {
        'samples/step-000001/1.png': png,
        'samples/step-000001/2.wav': wav,
        'samples/step-000001/3.png': 'no picture',
        secret: 'the secret',
      },
    });
    symlinkSync(join(folder, 'secret'), join(folder, 'samples/step-000001/4.txt'));
    const html = reportOf(folder);
    expect(html).toContain(`src="data:image/png;base64,${png.toString('base64')}"`);
    expect(html).toContain(`<audio controls src="data:audio/wav;base64,${wav.toString('base64')}">`);
    expect(html).not.toContain('the secret');
    expect(html).toContain('Files that are not shown here: 2.');
  });

  it('marks losses that are not finite and goes on behind them', () => {
    const html = report({ metrics: [{ step: 1 }, { step: 2, loss: null }, { step: 3 }] });
    expect(html).toContain('Training losses that are not finite numbers: 1.');
    expect(html).toContain('<title>not a finite number</title>');
    expect(html).not.toMatch(/NaN|Infinity/);
  });

  it('tells of lines that it could not read: torn, of another kind, without an end', () => {
    const lines = [
      `${metricsLine({ step: 1 })}\n`,
      '{"step":\n',
      '7\n',
      `${'x'.repeat(1e6)}\n`,
      metricsLine({ step: 2 }),
    ];
    const html = report({ metrics: lines });
    expect(html).toContain('Lines of the metrics that could not be read: 3.');
    expect(html).toContain('at step 2 of');
  });

  it('refuses a folder without a run', () => {
    expect(() => reportOf(recordings.root)).toThrow(/there is no run/);
  });
});

describe('a curve of a million points', () => {
  it('is at most 512 spans that keep every peak, pit and gap, and the mean of all', () => {
    const series = new Series();
    const points = 1e6;
    for (let step = 1; step <= points; step++) {
      series.add(step, step === 123_456 ? 1000 : step === 765_432 ? -5 : step === 500_000 ? Number.NaN : 1);
    }
    const spans = series.spans();
    expect(spans.length).toBeLessThanOrEqual(512);
    expect(spans.length).toBeGreaterThan(256);
    expect(Math.max(...spans.map(({ high }) => high))).toBe(1000);
    expect(Math.min(...spans.map(({ low }) => low))).toBe(-5);
    expect(spans.filter(({ hasNotFinite }) => hasNotFinite)).toHaveLength(1);
    expect(spans.find(({ high }) => high === 1000)!.x).toBeCloseTo(123_456, -4);
    expect([series.finite, series.notFinite]).toEqual([points - 1, 1]);
  });

  it('is read from its file line by line', () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `{"step":${i + 1},"loss":${i === 777 ? 9 : 1}}\n`);
    const curves = readCurves(recordings.write('run', { metrics: lines }), 'steps');
    expect(Math.max(...curves.train.spans().map(({ high }) => high))).toBeCloseTo(9 / Math.LN2);
    expect(curves.reached.steps).toBe(50_000);
  });
});

describe('curves by tokens or by time', () => {
  it('place validations where their step was', () => {
    const folder = recordings.write('run', {
      metrics: [1, 2, 3, 4].map((step) => ({ step })),
      validation: [2, 4].map((step) => ({ step, loss: step, bits: step, predictions: 1 })),
    });
    expect(
      readCurves(folder, 'tokens')
        .validation.spans()
        .map(({ x, mean }) => [x, mean]),
    ).toEqual([
      [200, 2],
      [400, 4],
    ]);
    expect(
      readCurves(folder, 'seconds')
        .train.spans()
        .map(({ x }) => x),
    ).toEqual([0.5, 1, 1.5, 2]);
  });
});

describe('numbers in a row', () => {
  it.each([
    [[4], '4'],
    [[0, 1], '0 and 1'],
    [[0, 1, 2, 3, 6], '0 to 3 and 6'],
    [[1, 3, 5, 7], '1, 3, 5 and 7'],
    [[0, 2, 4, 6, 8, 10], '0, 2, 4 and so on to 10'],
    [[0, 1, 2, 5, 6, 7, 9], '0 to 2, 5 to 7 and 9'],
  ])('%j are listed as people do', (numbers, words) => {
    expect(listed(numbers)).toBe(words);
  });
});
