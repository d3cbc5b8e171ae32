import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { muLawTokenizer, TokenizerError } from '../src/index.ts';

const tokenizer = muLawTokenizer({ sampleRate: 12_000 });
const encode = (...samples: number[]) => [...tokenizer.encode(Float32Array.from(samples))];
const everyId = Int32Array.from({ length: 256 }, (_, id) => id);

describe('muLawTokenizer', () => {
  it('gives back every id', () => {
    expect(tokenizer.encode(tokenizer.decode(everyId))).toEqual(everyId);
  });

  it('gives back every sample within half a level, which is fine near silence', () => {
    fc.assert(
      fc.property(fc.float({ min: -1, max: 1, noNaN: true }), (sample) => {
        const [again] = tokenizer.decode(encode(sample));
        // The slope of the law: a level at amplitude x is about (1 + 255 x) ln 256 ÷ 255 × 2 ÷ 255 wide.
        const level = ((1 + 255 * Math.abs(sample)) * Math.log(256) * 2) / 255 ** 2;
        expect(Math.abs(again! - sample)).toBeLessThanOrEqual(0.52 * level);
      }),
    );
  });

  it('keeps the order of amplitudes', () => {
    const samples = Array.from({ length: 20_001 }, (_, index) => (index - 10_000) / 10_000);
    const ids = encode(...samples);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(256);
  });

  it('follows the formula of the paper', () => {
    for (const sample of [-0.9, -0.5, -0.01, -0.0001, 0.0001, 0.01, 0.5, 0.9]) {
      const compressed = (Math.sign(sample) * Math.log(1 + 255 * Math.abs(sample))) / Math.log(256);
      expect(encode(sample)).toEqual([Math.round(((compressed + 1) / 2) * 255)]);
    }
  });

  it('has its ends at full scale, silence at 128, and cuts what is louder', () => {
    expect(encode(-1, 0, -0, 1)).toEqual([0, 128, 128, 255]);
    expect(encode(-1.5, 1.5, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toEqual([0, 255, 0, 255]);
    expect([...tokenizer.decode([0, 255])]).toEqual([-1, 1]);
    expect(Math.abs(tokenizer.decode([128])[0]!)).toBeLessThan(1e-4);
  });

  it('refuses a sample that is not a number, and an id out of range', () => {
    expect(() => encode(0, Number.NaN)).toThrow(
      'encode: samples[1] must be a number, got NaN; mend the sound',
    );
    for (const id of [-1, 256, 1.5, Number.NaN]) expect(() => tokenizer.decode([id])).toThrow(TokenizerError);
  });

  it.each([0, 768_001, 1.5, Number.NaN])('refuses the rate %d', (sampleRate) => {
    expect(() => muLawTokenizer({ sampleRate })).toThrow(
      'muLawTokenizer: sampleRate must be a whole number from 1 to 768000',
    );
  });
});
