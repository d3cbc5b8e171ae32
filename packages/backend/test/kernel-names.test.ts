import { getKernelsForBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { familyKernels } from '../src/index.ts';
import { ownKernels } from '../src/kernels/all.ts';

const own = ownKernels.map(({ kernelName }) => kernelName);
const elsewhere = Object.values(familyKernels).flat();
const known = getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);

it("every kernel of TensorFlow.js's cpu backend is either the device's own or in a family that is computed elsewhere", () => {
  const mine = new Set([...own, ...elsewhere]);
  expect(known.filter((name) => !mine.has(name))).toEqual([]);
});

it('no kernel is both', () => {
  expect(elsewhere.filter((name) => own.includes(name))).toEqual([]);
});

it('no name stands twice', () => {
  expect(own.filter((name, place) => own.indexOf(name) !== place)).toEqual([]);
});

it('a family has only kernels that the cpu backend has', () => {
  expect(elsewhere.filter((name) => !known.includes(name))).toEqual([]);
});
