/// <reference types="node" />
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  expectTensors,
  SafetensorsError,
  type TensorData,
} from '../src/safetensors/safetensors.ts';

const floats = (shape: number[], ...values: number[]): TensorData => ({
  dtype: 'F32',
  shape,
  values: Float32Array.from(values),
});
const ints = (shape: number[], ...values: number[]): TensorData => ({
  dtype: 'I32',
  shape,
  values: Int32Array.from(values),
});

const sample = new Map<string, TensorData>([
  ['é😀', ints([2], 7, -8)],
  ['blocks.0.weight', floats([1, 3], 1.5, -2, 3)],
  ['empty', floats([0, 3])],
  ['__proto__', floats([], 0.1)],
]);

/** The same content, written by the Python package safetensors 0.8.0 (safetensors.numpy.save). */
const writtenByPython = Buffer.from(
  'IAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtIjoiw7wifSwiX19wcm90b19fIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMi' +
    'OlswLDRdfSwiYmxvY2tzLjAud2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxLDNdLCJkYXRhX29mZnNldHMiOls0LDE2XX0sImVtcHR5Ijp7' +
    'ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDNdLCJkYXRhX29mZnNldHMiOlsxNiwxNl19LCLDqfCfmIAiOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJd' +
    'LCJkYXRhX29mZnNldHMiOlsxNiwyNF19fSAgICAgICDNzMw9AADAPwAAAMAAAEBABwAAAPj///8=',
  'base64',
);

/** A file with the header given, however wrong. */
function fileOf(header: string, dataBytes = 0, headerLength = Buffer.byteLength(header)): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerLength));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;

/** The error of reading a file with the header given. */
function refusal(header: string, dataBytes = 0): SafetensorsError {
  try {
    decodeSafetensors(fileOf(header, dataBytes));
  } catch (error) {
    if (error instanceof SafetensorsError) return error;
    throw error;
  }
  throw new Error(`accepted: ${header}`);
}

describe('encodeSafetensors', () => {
  it('gives back what was written, with its metadata', () => {
    const decoded = decodeSafetensors(encodeSafetensors(sample, new Map([['step', '10']])));
    expect(new Map([...decoded.tensors])).toEqual(sample);
    expect(decoded.metadata).toEqual(new Map([['step', '10']]));
  });

  it('writes exactly these bytes', () => {
    const file = Buffer.from(encodeSafetensors(new Map([['a', floats([1], 1)]]), new Map([['k', 'ü']])));
    const header = '{"__metadata__":{"k":"\\u00fc"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = header.padEnd(88, ' ');
    expect(file.toString('latin1')).toBe(`X\0\0\0\0\0\0\0${padded}\0\0\x80\x3f`);
  });

  it('writes the same bytes whatever the order of the maps', () => {
    const metadata: [string, string][] = [
      ['b', '1'],
      ['a', '2'],
    ];
    const forwards = encodeSafetensors(sample, new Map(metadata));
    const backwards = encodeSafetensors(new Map([...sample].reverse()), new Map(metadata.reverse()));
    expect(backwards).toEqual(forwards);
  });

  it('begins the data at a multiple of 8 bytes', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'abcdefg', 'abcdefgh']) {
      const file = encodeSafetensors(new Map([[name, floats([1], 1)]]));
      expect((file.length - 4) % 8).toBe(0);
    }
  });

  it('writes part of a larger buffer', () => {
    const values = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const file = encodeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], values }]]));
    expect(decodeSafetensors(file).tensors.get('a')).toEqual(floats([2], 1, 2));
  });

  it('refuses values that do not fill their shape', () => {
    expect(() => encodeSafetensors(new Map([['w', floats([2, 2], 1)]]))).toThrow(
      'safetensors: tensor "w": shape [2, 2] expects 4 values; got 1',
    );
  });

  it.each([[[-1]], [[0.5]], [[Number.NaN]], [[2 ** 53, 0]], [[2 ** 40, 2 ** 40]]])(
    'refuses the shape %j',
    (shape) => {
      expect(() => encodeSafetensors(new Map([['w', floats(shape)]]))).toThrow(SafetensorsError);
    },
  );

  it('refuses values of another dtype than named', () => {
    const wrong = Object.assign(floats([1], 1), { values: Int32Array.of(1) });
    expect(() => encodeSafetensors(new Map([['w', wrong]]))).toThrow('got "F32" with Int32Array');
  });

  it('refuses the name that the format keeps for itself', () => {
    expect(() => encodeSafetensors(new Map([['__metadata__', floats([1], 1)]]))).toThrow(
      'kept for the metadata',
    );
  });

  it('refuses names that are not Unicode text', () => {
    expect(() => encodeSafetensors(new Map([['\ud800', floats([1], 1)]]))).toThrow('half a surrogate pair');
  });
});

describe('decodeSafetensors', () => {
  it('reads what the Python package writes', () => {
    const decoded = decodeSafetensors(writtenByPython);
    expect(decoded.tensors).toEqual(sample);
    expect(decoded.metadata).toEqual(new Map([['form', 'ü']]));
  });

  it('gives tensors in the order of their data', () => {
    const header = `{"b":${entry('"F32"', '[1]', '[4,8]')},"a":${entry('"F32"', '[1]', '[0,4]')}}`;
    expect([...decodeSafetensors(fileOf(header, 8)).tensors.keys()]).toEqual(['a', 'b']);
  });

  it('copies, so that the file can be let go', () => {
    const file = encodeSafetensors(new Map([['a', floats([1], 1)]]));
    const values = decodeSafetensors(file).tensors.get('a')?.values;
    file.fill(0);
    expect(values).toEqual(Float32Array.of(1));
  });

  it('reads a file that lies unaligned in its buffer', () => {
    const file = encodeSafetensors(sample);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect(decodeSafetensors(shifted.subarray(1)).tensors).toEqual(sample);
  });

  it('reads a file without tensors', () => {
    expect(decodeSafetensors(fileOf('{}')).tensors.size).toBe(0);
  });

  const valid = entry('"F32"', '[1]', '[0,4]');

  it.each([
    ['an unknown dtype', entry('"BF16"', '[2]', '[0,4]'), 'expected dtype F32 or I32; got "BF16"'],
    ['a missing dtype', '{"shape":[1],"data_offsets":[0,4]}', 'expected dtype F32 or I32; got nothing'],
    ['a dtype that is a number', entry('7', '[1]', '[0,4]'), 'got 7'],
    ['a missing shape', '{"dtype":"F32","data_offsets":[0,4]}', 'expected shape as a list; got nothing'],
    ['a shape that is no list', entry('"F32"', '{}', '[0,4]'), 'expected shape as a list; got an object'],
    ['a negative size', entry('"F32"', '[-1]', '[0,4]'), 'expected whole numbers >= 0 in shape; got -1'],
    ['a fractional size', entry('"F32"', '[0.5]', '[0,4]'), 'got 0.5'],
    ['a size that is text', entry('"F32"', '["1"]', '[0,4]'), 'got "1"'],
    ['sizes whose product overflows', entry('"F32"', '[4294967296,4294967296]', '[0,4]'), 'needs NaN bytes'],
    ['a size beyond exact numbers', entry('"F32"', '[9007199254740993]', '[0,4]'), 'whole numbers'],
    ['missing offsets', '{"dtype":"F32","shape":[1]}', 'expected data_offsets as a list; got nothing'],
    ['one offset', entry('"F32"', '[1]', '[0]'), 'expected two data_offsets; got 1'],
    ['three offsets', entry('"F32"', '[1]', '[0,4,8]'), 'expected two data_offsets; got 3'],
    ['a negative offset', entry('"F32"', '[1]', '[-4,0]'), 'in data_offsets; got -4'],
    ['a fractional offset', entry('"F32"', '[1]', '[0.5,4.5]'), 'in data_offsets; got 0.5'],
    ['offsets beyond the file', entry('"F32"', '[2]', '[0,8]'), 'do not lie in the data, 0 to 4'],
    ['offsets far beyond the file', entry('"F32"', '[1]', '[0,1e15]'), 'do not lie in the data'],
    ['offsets that run backwards', entry('"F32"', '[1]', '[4,0]'), 'do not lie in the data'],
    [
      'a size that is not shape × dtype',
      entry('"F32"', '[2]', '[0,4]'),
      'needs 8 bytes; data_offsets give 4',
    ],
    ['an unknown field', '{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}', 'got a field "x"'],
    [
      'a field that comes twice',
      valid.replace('"shape"', '"dtype":"F32","shape"'),
      'the key "dtype" comes twice',
    ],
    ['an entry that is no object', '7', 'expected an object'],
    ['lists that are too deep', '[[[[[[1]]]]]]', 'at most 3 deep'],
  ])('refuses %s by the name of its tensor', (_, json, message) => {
    const error = refusal(`{"some.weight":${json}}`, 4);
    expect(error.message).toContain(message);
    expect(error.message).toContain('safetensors: tensor "some.weight": ');
    expect(error.tensor).toBe('some.weight');
  });

  it('refuses a name that comes twice, even if it is spelled differently', () => {
    const error = refusal(`{"a":${valid},"\\u0061":${valid}}`, 4);
    expect(error.message).toBe('safetensors: tensor "a": the key "a" comes twice in the header');
  });

  it('refuses __proto__ twice as any name', () => {
    expect(refusal(`{"__proto__":${valid},"__proto__":${valid}}`, 4).tensor).toBe('__proto__');
  });

  it('refuses tensors that overlap', () => {
    const error = refusal(`{"a":${entry('"F32"', '[2]', '[0,8]')},"b":${entry('"F32"', '[1]', '[4,8]')}}`, 8);
    expect(error.message).toBe(
      'safetensors: tensor "b": begins at 4 and overlaps the one before; expected 8',
    );
  });

  it('refuses two tensors over the same data', () => {
    expect(refusal(`{"a":${valid},"b":${valid}}`, 4).tensor).toBe('b');
  });

  it('refuses a hole between tensors', () => {
    const error = refusal(`{"a":${valid},"b":${entry('"F32"', '[1]', '[8,12]')}}`, 12);
    expect(error.message).toBe('safetensors: tensor "b": begins at 8 and leaves a hole; expected 4');
  });

  it('refuses bytes after the last tensor', () => {
    expect(refusal(`{"a":${valid}}`, 5).message).toBe(
      'safetensors: 1 bytes follow the last tensor; expected none',
    );
  });

  it('refuses a header that is longer than the file', () => {
    expect(() => decodeSafetensors(fileOf('{}', 0, 2 ** 52))).toThrow(
      'should be 4503599627370496 bytes long, but only 2',
    );
  });

  it('refuses a header that is longer than the cap', () => {
    const file = fileOf('{}      ');
    expect(() => decodeSafetensors(file, { maximumHeaderBytes: 7 })).toThrow(
      '8 bytes long; at most 7 are read',
    );
    expect(decodeSafetensors(file, { maximumHeaderBytes: 8 }).tensors.size).toBe(0);
  });

  it('refuses a file that is too short for a header length', () => {
    expect(() => decodeSafetensors(new Uint8Array(7))).toThrow('expected at least 8 bytes; the file has 7');
  });

  it.each([
    ['', 'begin with {'],
    [' {}', 'begin with {'],
    ['[]', 'begin with {'],
    ['{', 'expected """'],
    ['{}x', 'expected the end of the header; got "x"'],
    ['{"a', 'the end of a text'],
    ['{"a\\', 'the end of a text'],
    ['{"a\\x":1}', 'a well-formed text'],
    ['{"\\ud800":1}', 'half a surrogate pair'],
    ['{"a":1,}', 'expected """'],
    ['{"a" 1}', 'expected ":"'],
    ['{"a":true}', 'expected a text, a number, a list or an object'],
    ['{"a":01}', 'expected "}"'],
    ['{"__metadata__":7}', 'expected __metadata__ to be an object'],
    ['{"__metadata__":{"a":7}}', 'expected text in __metadata__ for "a"'],
  ])('refuses the header %j', (header, message) => {
    expect(refusal(header).message).toContain(message);
  });

  it('refuses a header that is not UTF-8', () => {
    const file = fileOf('{"a":1}');
    file[10] = 0xff;
    expect(() => decodeSafetensors(file)).toThrow('expected the header to be UTF-8');
  });

  it('keeps a percent sign in a name as it is', () => {
    expect(refusal('{"%41ü":7}').tensor).toBe('%41ü');
  });

  it('shortens hostile names in messages', () => {
    expect(refusal(`{"${'x'.repeat(10_000)}":7}`).message.length).toBeLessThan(200);
  });

  it('refuses a deep header without running out of stack', () => {
    expect(refusal(`{"a":${'['.repeat(1_000_000)}`).message).toContain('at most 3 deep');
  });

  it('reads a large header within the cap', () => {
    const many = new Map(
      Array.from({ length: 20_000 }, (_, i) => [`blocks.${i}.weight`, floats([0])] as const),
    );
    expect(decodeSafetensors(encodeSafetensors(many)).tensors.size).toBe(20_000);
  });
});

describe('a damaged file', () => {
  const file = encodeSafetensors(sample, new Map([['form', 'x']]));

  /** True if the bytes are read or refused as they should be; anything else is thrown on. */
  function readsOrRefuses(bytes: Uint8Array): void {
    try {
      decodeSafetensors(bytes);
    } catch (error) {
      if (!(error instanceof SafetensorsError)) throw error;
    }
  }

  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeSafetensors(file.subarray(0, length))).toThrow(SafetensorsError);
    }
  });

  it('is read or refused with any bit flipped', () => {
    for (let bit = 0; bit < file.length * 8; bit++) {
      const damaged = file.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      readsOrRefuses(damaged);
    }
  });

  it('is read or refused with any byte set to each character of JSON', () => {
    for (let i = 0; i < file.length; i++) {
      for (const character of '{}[]",:0-9e.\\u \0\xff') {
        const damaged = file.slice();
        damaged[i] = character.charCodeAt(0);
        readsOrRefuses(damaged);
      }
    }
  });

  it('is read or refused with any piece cut out or doubled', () => {
    const cut = fc.tuple(fc.nat(file.length), fc.nat(file.length), fc.boolean());
    fc.assert(
      fc.property(cut, ([a, b, isDoubled]) => {
        const [begin, end] = isDoubled ? [Math.max(a, b), Math.min(a, b)] : [Math.min(a, b), Math.max(a, b)];
        readsOrRefuses(Buffer.concat([file.subarray(0, begin), file.subarray(end)]));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes back any names and texts that were written', () => {
    const names = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(names, (record) => {
        const metadata = new Map(Object.entries(record));
        metadata.delete('__metadata__');
        const tensors = new Map([...metadata.keys()].map((name, i) => [name, ints([1], i)] as const));
        const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata));
        expect(decoded.metadata).toEqual(metadata);
        expect(decoded.tensors).toEqual(tensors);
      }),
    );
  });
});

describe('expectTensors', () => {
  const tensors = new Map([
    ['a', floats([2], 1, 2)],
    ['n', ints([1], 3)],
  ]);

  it('gives the tensors in the order in which they were expected', () => {
    const two = new Map([
      ['a', floats([1], 1)],
      ['b', floats([1], 2)],
    ]);
    const expected = new Map([
      ['b', [1]],
      ['a', [1]],
    ]);
    expect([...expectTensors(two, expected).keys()]).toEqual(['b', 'a']);
  });

  it.each([
    [
      'a missing tensor',
      [
        ['a', [2]],
        ['m', []],
        ['n', [1]],
      ],
      '"m": missing in the file',
    ],
    ['a tensor left over', [['n', [1]]], '"a": not expected here'],
    [
      'another shape',
      [
        ['a', [1, 2]],
        ['n', [1]],
      ],
      '"a": expected shape [1, 2]; got [2]',
    ],
    [
      'a shape with other sizes',
      [
        ['a', [3]],
        ['n', [1]],
      ],
      '"a": expected shape [3]; got [2]',
    ],
    [
      'another dtype',
      [
        ['a', [2]],
        ['n', [1]],
      ],
      '"n": expected dtype F32; got I32',
    ],
  ] as [string, [string, number[]][], string][])('refuses %s by name', (_, expected, message) => {
    expect(() => expectTensors(tensors, new Map(expected))).toThrow(`safetensors: tensor ${message}`);
  });
});
