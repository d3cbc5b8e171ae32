import { expect, it } from 'vitest';
import { SamplingProgress } from '../src/sampling-progress.ts';

/** Runs 100 tokens, one each so many milliseconds, and gives what was written. */
function written(millisecondsEach: number, options: { isTTY?: boolean; isSilent?: boolean } = {}): string[] {
  const lines: string[] = [];
  let time = 0;
  const { isTTY = false, isSilent = false } = options;
  const notes = { write: (text: string) => lines.push(text), isTTY };
  const progress = new SamplingProgress(notes, 100, { isSilent, now: () => time });
  for (let token = 0; token < 100; token++) {
    time += millisecondsEach;
    progress.add(1);
  }
  progress.end();
  return lines;
}

it('tells only the end of what is done in a moment', () => {
  expect(written(10)).toEqual(['100 tokens in 1.0 s, 100 a second\n']);
});

it('tells now and then how far it is, and how long it will take', () => {
  const lines = written(1000);
  expect(lines[0]).toBe('3 %: 3 of 100 tokens, 1 a second, 2 min left\n');
  expect(lines[1]).toBe('33 %: 33 of 100 tokens, 1 a second, 67 s left\n');
  expect(lines).toHaveLength(5);
});

it('writes one line again and again to a terminal, and takes it away', () => {
  const lines = written(1000, { isTTY: true });
  expect(lines[0]).toBe('\r3 %: 3 of 100 tokens, 1 a second, 2 min left\u001b[K');
  expect(lines.slice(-2)).toEqual(['\r\u001b[K', '100 tokens in 100.0 s, 1 a second\n']);
});

it('is silent until the end where the samples show themselves', () => {
  expect(written(1000, { isTTY: true, isSilent: true })).toHaveLength(1);
});
