import { describe, expect, it } from 'vitest';
import { Progress } from '../src/command-line/progress.ts';

function stepAt(step: number) {
  return {
    step,
    loss: Math.LN2 * 2,
    bits: 2,
    learningRate: 0.1,
    gradientNorm: 1,
    tokens: step * 1000,
    skipped: 0,
    seconds: step,
    tokensPerSecond: 1000,
    deviceBytes: 2 ** 20,
    processBytes: 2 ** 30,
  };
}

function shown({
  isTTY,
  steps,
  secondsPerStep,
  limits = {},
}: {
  isTTY: boolean;
  steps: number;
  secondsPerStep: number;
  limits?: { maxMinutes?: number; maxTokens?: number };
}): string {
  let text = '';
  let milliseconds = 0;
  const output = { isTTY, columns: 120, write: (piece: string) => (text += piece) };
  const progress = new Progress(output, { steps, unit: 'bits per byte', now: () => milliseconds, limits });
  for (let step = 1; step <= steps; step++) {
    milliseconds += secondsPerStep * 1000;
    progress.step(stepAt(step));
  }
  progress.validation({ step: steps, loss: 1, bits: Math.LOG2E, predictions: 10 });
  return text;
}

describe('progress', () => {
  it('writes a plain line at most every ten seconds, and one for the last step', () => {
    const lines = shown({ isTTY: false, steps: 12, secondsPerStep: 4 }).trimEnd().split('\n');
    expect(lines).toEqual([
      'step 1/12  loss 1.3863  2.0000 bits per byte  44 s left  1024 MiB, of tensors 1 MiB',
      'step 4/12  loss 1.3863  2.0000 bits per byte  250 tokens/s  32 s left  1024 MiB, of tensors 1 MiB',
      'step 7/12  loss 1.3863  2.0000 bits per byte  250 tokens/s  20 s left  1024 MiB, of tensors 1 MiB',
      'step 10/12  loss 1.3863  2.0000 bits per byte  250 tokens/s  8 s left  1024 MiB, of tensors 1 MiB',
      'step 12/12  loss 1.3863  2.0000 bits per byte  250 tokens/s  0 s left  1024 MiB, of tensors 1 MiB',
      'step 12  validation 1.0000 nats, 1.4427 bits per byte',
    ]);
  });

  it.each([
    [
      { maxMinutes: 1 },
      ['56 s left of --max-minutes', '44 s left of --max-minutes', '32 s left of --max-minutes'],
    ],
    [
      { maxTokens: 6500 },
      ['24 s left to --max-tokens', '12 s left to --max-tokens', '0 s left to --max-tokens'],
    ],
    [{ maxMinutes: 1, maxTokens: 6500 }, ['24 s left to', '12 s left to', '0 s left to']],
    [{ maxMinutes: 60, maxTokens: 1e6 }, ['1 min 16 s left  ', '1 min 04 s left  ', '52 s left  ']],
  ])('tells the time until what ends the run first: %j', (limits, times) => {
    const lines = shown({ isTTY: false, steps: 20, secondsPerStep: 4, limits }).split('\n');
    for (const [at, time] of times.entries()) expect(lines[at]).toContain(time);
  });

  it('writes over one line on a terminal, and keeps validations', () => {
    const text = shown({ isTTY: true, steps: 2, secondsPerStep: 3600 });
    expect(text.split('\r\u001b[K')).toEqual([
      '',
      'step 1/2  loss 1.3863  2.0000 bits per byte  1 h 00 min left  1024 MiB, of tensors 1 MiB',
      'step 2/2  loss 1.3863  2.0000 bits per byte  0 tokens/s  0 s left  1024 MiB, of tensors 1 MiB\nstep 2  validation 1.0000 nats, 1.4427 bits per byte\n',
    ]);
  });
});
