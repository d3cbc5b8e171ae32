/**
 * The report as a reader sees it: on a phone and on a wide screen, light and dark.
 *
 * Skipped where there is no Chromium: on Debian, apt-get install chromium. The variable CHROMIUM demands the one at its path.
 */
import { existsSync } from 'node:fs';
import { encodePng } from '@sparse-transformers/datasets';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportOf, sessionLine } from '../src/index.ts';
import { Recordings, tinyText } from './recorded-run.ts';

const demanded = process.env['CHROMIUM'];
const executablePath = demanded ?? '/usr/bin/chromium';
const missing = `there is no ${executablePath} (on Debian: apt-get install chromium)`;

const local = (window: number) => ({ kind: 'local', window }) as const;
/** Many layers and heads, long names. */
const model = {
  ...tinyText.model,
  layers: 12,
  heads: 8,
  patterns: [
    { kind: 'repeat', times: 3, pattern: { kind: 'strided', stride: 16 } },
    { kind: 'fixed', block: 32, summary: 4, slot: 'distinct' },
    { kind: 'perHead', patterns: [1, 2, 4, 8, 16, 32, 64].map(local).concat(local(1)) },
    {
      kind: 'or',
      patterns: [local(4), { kind: 'fixed', block: 64, summary: 1 }, { kind: 'column', stride: 32 }],
    },
  ],
} as const;

const wide = encodePng(
  Array.from({ length: 16 }, () => new Uint8Array(64 * 64 * 3)),
  { rows: 64, columns: 64, channels: 3, perRow: 16 },
);
const longWord = 'w'.repeat(300);

/** What does not fit: texts, pictures or tables that reach out of the page, or of what they stand in. */
const cutOff = `[...document.querySelectorAll('main, main *')]
  .filter((element) => !element.closest('svg') || element.tagName === 'svg')
  .filter((element) => {
    const { right, left } = element.getBoundingClientRect();
    const hides = element.clientWidth > 0 && element.scrollWidth > element.clientWidth;
    return right > document.documentElement.clientWidth || left < 0 || hides;
  })
  .map((element) => element.tagName + ': ' + element.textContent.slice(0, 40))`;

/** How bright each colour of the pictures is that has no meaning, from 0 to 255: their grounds, and the words on them. */
const brightnesses = `[...document.querySelectorAll('.patterns svg')].map((picture) => {
  const brightness = (element) => {
    const [red, green, blue] = getComputedStyle(element).fill.match(/\\d+/g).map(Number);
    return (red + green + blue) / 3;
  };
  return [brightness(picture.querySelector('rect')), brightness(picture.querySelector('text'))];
})`;

it('has a Chromium to look with', ({ skip }) => {
  if (existsSync(executablePath)) return;
  if (demanded) throw new Error(missing);
  skip(missing);
});

describe.runIf(existsSync(executablePath))('the report in Chromium', () => {
  const recordings = new Recordings();
  let browser: Browser;
  let html = '';

  beforeAll(async () => {
    const folder = recordings.write(longWord.slice(0, 80), {
      config: { ...tinyText, model },
      metrics: [{ step: 1 }, { step: 2 }],
      sessions: sessionLine({
        step: 0,
        started: { name: 'cpu', description: longWord, threads: 1 },
        skipped: [{ path: `/data/${longWord}.txt`, reason: 'it is empty' }],
      }),
      files: { 'samples/step-000001/images.png': wide, 'samples/step-000002/a.txt': longWord },
    });
    html = reportOf(folder);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic'] });
  });

  afterAll(async () => {
    await browser?.close();
    recordings.remove();
  });

  /** Shows the report, all that is folded unfolded, and looks. */
  async function look<T>(
    width: number,
    colorScheme: 'light' | 'dark',
    at: (page: Page) => Promise<T>,
  ): Promise<T> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    try {
      await page.setContent(html);
      await page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))");
      return await at(page);
    } finally {
      await page.close();
    }
  }

  it.each([320, 400, 800, 1200, 1920])('cuts nothing off at %i pixels', async (width) => {
    expect(await look(width, 'light', (page) => page.evaluate(cutOff))).toEqual([]);
  });

  it('has pictures of patterns that are dark in the dark', async () => {
    const [light, dark] = [
      await look(800, 'light', (page) => page.evaluate<[number, number][]>(brightnesses)),
      await look(800, 'dark', (page) => page.evaluate<[number, number][]>(brightnesses)),
    ];
    expect(light.length).toBeGreaterThan(16);
    for (const [ground, words] of light) expect([ground > 200, words < 60]).toEqual([true, true]);
    for (const [ground, words] of dark) expect([ground < 60, words > 200]).toEqual([true, true]);
  });
});
