import { describe, expect, it } from 'vitest';
import { type Choice, chooseToken, samplingNumber } from '../src/index.ts';

const logits = Float32Array.of(1, 3, 2, 3, -5);
const all: Choice = {};

/** How often each token is chosen, over numbers evenly spread from 0 to 1. */
function shares(choice: Choice, draws = 10_000): number[] {
  const counts = Array<number>(logits.length).fill(0);
  for (let draw = 0; draw < draws; draw++) counts[chooseToken(logits, choice, (draw + 0.5) / draws)]!++;
  return counts.map((count) => count / draws);
}

function softmax(values: number[]): number[] {
  const powers = values.map(Math.exp);
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

function expectClose(actual: number[], expected: number[]): void {
  for (const [token, share] of actual.entries())
    expect(Math.abs(share - expected[token]!)).toBeLessThan(2 / 10_000);
}

describe('chooseToken', () => {
  it('chooses each token as often as its softmax says', () => {
    expectClose(shares(all), softmax([...logits]));
  });

  it('divides the logits by the temperature', () => {
    expectClose(shares({ ...all, temperature: 0.5 }), softmax([...logits].map((logit) => logit / 0.5)));
  });

  it('takes the likeliest at temperature 0, the lowest id of equals, whatever the number', () => {
    expect(shares({ ...all, temperature: 0 })).toEqual([0, 1, 0, 0, 0]);
  });

  it('nears that as the temperature does, without an overflow', () => {
    expectClose(shares({ ...all, temperature: 1e-300 }), [0, 0.5, 0, 0.5, 0]);
  });

  it('chooses from the k likeliest only', () => {
    expectClose(shares({ ...all, topK: 3 }), [0, ...softmax([3, 2, 3]), 0]);
  });

  it('takes the lower id of equals into the k likeliest', () => {
    expect(shares({ ...all, topK: 1 })).toEqual([0, 1, 0, 0, 0]);
  });

  it('chooses from the likeliest that reach a probability together', () => {
    const each = softmax([...logits]); // 0.06, 0.42, 0.16, 0.42, 0.0001
    expectClose(shares({ topP: each[1]! + each[3]! + 0.01 }), [0, ...softmax([3, 2, 3]), 0]);
    expectClose(shares({ topP: each[1]! + each[3]! - 0.01 }), [0, 0.5, 0, 0.5, 0]);
  });

  it('counts that probability among the k likeliest, at the temperature', () => {
    expectClose(shares({ topK: 3, topP: 0.9 }), [0, ...softmax([3, 2, 3]), 0]);
    expectClose(shares({ topK: 3, topP: 0.9, temperature: 0.3 }), [0, 0.5, 0, 0.5, 0]);
  });

  it('always keeps one', () => {
    expect(shares({ topP: 1e-9 })).toEqual([0, 1, 0, 0, 0]);
  });

  it('moves no more than the logits do: tokens go by their ids, not by their order', () => {
    const [a, b] = [Float32Array.of(1, 1 + 1e-6, 1), Float32Array.of(1 + 1e-6, 1, 1)];
    for (let draw = 0; draw < 100; draw++) {
      const uniform = (draw + 0.5) / 100;
      expect(chooseToken(a, all, uniform)).toBe(chooseToken(b, all, uniform));
    }
  });

  it.each<[string, Choice]>([
    ['temperature', { temperature: -1 }],
    ['topK', { topK: 0.5 }],
    ['topP', { topP: Number.NaN }],
  ])('refuses by name a bad %s', (name, choice) => {
    expect(() => chooseToken(logits, choice, 0.5)).toThrow(new RegExp(`chooseToken: ${name} must be`));
  });

  it('chooses from all if k is larger than the vocabulary', () => {
    expect(shares({ ...all, topK: 99 })).toEqual(shares(all));
  });

  it('never falls off the end for a number just below 1', () => {
    expect(chooseToken(Float32Array.of(0, 0, 0), all, 1 - 2 ** -53)).toBe(2);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses the logit %s',
    (logit) => {
      expect(() => chooseToken(Float32Array.of(0, logit), all, 0.5)).toThrow(
        /token 1 is .* earlier checkpoint/,
      );
    },
  );
});

describe('samplingNumber', () => {
  it('is from 0 to below 1, half of them below 0.5', () => {
    const numbers = Array.from({ length: 10_000 }, (_, token) =>
      samplingNumber({ seed: 7, sample: 0, token }),
    );
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const low = numbers.filter((number) => number < 0.5).length;
    expect(Math.abs(low - 5000)).toBeLessThan(200); // four deviations
  });

  it('is the number of its place alone', () => {
    const place = { seed: 2 ** 40 + 3, sample: 2, token: 5 };
    expect(samplingNumber(place)).toBe(samplingNumber({ ...place }));
    for (const change of [{ seed: 3 }, { seed: 2 ** 40 + 4 }, { sample: 1 }, { token: 6 }]) {
      expect(samplingNumber({ ...place, ...change })).not.toBe(samplingNumber(place));
    }
  });

  it('is made as documented; worked out by a program of its own', () => {
    expect(samplingNumber({ seed: 0, sample: 0, token: 0 })).toBe(0.3476322146161601);
  });
});
