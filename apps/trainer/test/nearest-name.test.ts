import { expect, it } from 'vitest';
import { nearestName } from '../src/messages/nearest-name.ts';

const names = ['model.layers', 'model.length', 'training.batch'];

it('finds the name that was most likely meant', () => {
  expect(nearestName('model.layer', names)).toBe('model.layers');
  expect(nearestName('layers', names)).toBe(null);
  expect(nearestName('training.bach', names)).toBe('training.batch');
});

it('finds none where none is near, or there is none', () => {
  expect(nearestName('zebra', names)).toBe(null);
  expect(nearestName('__proto__', [])).toBe(null);
});

it('takes no time for a hostile name', () => {
  expect(nearestName('x'.repeat(1e7), names)).toBe(null);
});
