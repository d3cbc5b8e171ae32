import type { dropout } from '@sparse-transformers/kernels';
import { referenceDropout } from '@sparse-transformers/kernels';
import { grad, ones, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Fact } from './fact.ts';
import { check, checkThrows, factsOn } from './fact.ts';
import type { OpCase } from './op-case.ts';
import { hygieneFacts, precisionFacts } from './op-case.ts';
import { randomFrom } from './random.ts';
import { readNumbers } from './read-numbers.ts';

/** What every `dropout` must satisfy. `backend` is the TensorFlow.js backend that must be active when the facts run. */
export function dropoutConformance(backend: string, implementation: typeof dropout): Fact[] {
  const sizes = [1, 2, 3, 5, 63, 64, 65, 129];
  return factsOn(backend, [
    ...sizes.flatMap((size) => precisionFacts(dropoutCase(implementation, [3, size], 0.3, 2 ** 53 - 1))),
    ...precisionFacts(dropoutCase(implementation, [3, 5, 7], 0, 1)),
    ...hygieneFacts(dropoutCase(implementation, [3, 5, 7], 0.5, 1)),
    { name: 'the share of zeros is the rate', run: () => shareOfZeros(implementation) },
    { name: 'another seed or counter gives another mask', run: () => otherMasks(implementation) },
    { name: 'the mask of a seed is the one written down', run: () => knownMask(implementation) },
    { name: 'a cell that goes is 0 whatever it was', run: () => takesAnything(implementation) },
    { name: 'a rate outside [0, 1) is refused', run: () => refusesRates(implementation) },
    { name: 'a seed or counter that is no whole number is refused', run: () => refusesSeeds(implementation) },
  ]);
}

function dropoutCase(implementation: typeof dropout, shape: number[], rate: number, seed: number): OpCase {
  const source = { rate, seed, counter: 3 };
  return {
    name: `for x [${shape}] at rate ${rate}`,
    inputs: [{ name: 'x', shape, values: randomFrom(7).normals(shape.reduce((a, b) => a * b)) }],
    run: (x) => implementation(x!, rate, seed, source.counter),
    reference: ([x], round) => referenceDropout(x!, source, round),
    gradient: (dy, _x, round) => [referenceDropout(dy, source, round)],
  };
}

async function maskOf(
  implementation: typeof dropout,
  size: number,
  rate: number,
  seed: number,
  counter?: number,
): Promise<string> {
  const [output] = await readNumbers(() => [implementation(ones([size]), rate, seed, counter)]);
  return Array.from(output!, (value) => (value === 0 ? '.' : '#')).join('');
}

async function shareOfZeros(implementation: typeof dropout): Promise<void> {
  const size = 100_000;
  const rate = 0.1;
  const zeros = (await maskOf(implementation, size, rate, 1)).replaceAll('#', '').length;
  const deviation = Math.sqrt(size * rate * (1 - rate));
  check(Math.abs(zeros - size * rate) < 4 * deviation, `expected about ${size * rate} zeros, got ${zeros}`);
}

async function otherMasks(implementation: typeof dropout): Promise<void> {
  const calls: [seed: number, counter: number][] = [
    [1, 0],
    [2, 0],
    [1, 1],
    [1 + 2 ** 32, 0],
    [1, 2 ** 32],
  ];
  const masks = await Promise.all(
    calls.map(([seed, counter]) => maskOf(implementation, 100, 0.5, seed, counter)),
  );
  check(
    new Set(masks).size === calls.length,
    `expected ${calls.length} different masks, got ${masks.join(' ')}`,
  );
}

async function knownMask(implementation: typeof dropout): Promise<void> {
  const mask = await maskOf(implementation, 32, 0.5, 1, 2);
  check(mask === '##..##..#.#.#.###.#..#..##...##.', `got ${mask}`);
}

async function takesAnything(implementation: typeof dropout): Promise<void> {
  const mask = await maskOf(implementation, 100, 0.5, 1);
  for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const x = Float32Array.from(mask, (cell) => (cell === '.' ? poison : 1));
    const run = () => implementation(tensor1d(x), 0.5, 1);
    const gradient = () => grad((y) => implementation(y, 0.5, 1))(tensor1d(x), tensor1d(x));
    for (const values of await readNumbers(() => [run(), gradient()])) {
      const isRight = values.every((value, cell) => value === (mask[cell] === '.' ? 0 : 2));
      check(isRight, `of ${poison}: got ${values}`);
    }
  }
}

function refusesRates(implementation: typeof dropout): void {
  for (const rate of [-0.1, 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    tidy(() => checkThrows(() => implementation(ones([2]), rate, 1), /dropout.*rate/));
  }
}

function refusesSeeds(implementation: typeof dropout): void {
  for (const number of [-1, 0.5, Number.NaN, 2 ** 53]) {
    tidy(() => checkThrows(() => implementation(ones([2]), 0.5, number), /dropout.*seed/));
    tidy(() => checkThrows(() => implementation(ones([2]), 0.5, 1, number), /dropout.*counter/));
  }
}
