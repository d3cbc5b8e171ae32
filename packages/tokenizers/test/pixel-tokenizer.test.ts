import { describe, expect, it } from 'vitest';
import { pixelTokenizer } from '../src/index.ts';

const shape = { rows: 32, columns: 48, channels: 3 };

describe('pixelTokenizer', () => {
  it('tells the size of the images and of the vocabulary', () => {
    const known = { dataKind: 'images', kind: 'pixels', size: 256, ...shape };
    expect(pixelTokenizer(shape)).toMatchObject(known);
  });

  it.each([
    [{ rows: 0 }, 'rows must be a whole number from 1 to 268435456, got 0'],
    [{ columns: 2.5 }, 'columns must be a whole number'],
    [{ channels: 5 }, 'channels must be a whole number from 1 to 4, got 5'],
    [{ rows: 2 ** 14, columns: 2 ** 14 }, 'rows × columns × channels must be at most 268435456'],
  ])('refuses %j', (wrong, message) => {
    expect(() => pixelTokenizer({ ...shape, ...wrong })).toThrow(`pixelTokenizer: ${message}`);
  });
});
