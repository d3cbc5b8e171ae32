import { expect, it } from 'vitest';
import { sampleCommand } from '../src/export/sample-command.ts';

it('gives images and sound a file to go to', () => {
  expect(sampleCommand('runs/a', { kind: 'text' })).toBe('sparse-sample runs/a');
  expect(sampleCommand('runs/a', { kind: 'images' })).toBe('sparse-sample runs/a --out sample.png');
  expect(sampleCommand('runs/a', { kind: 'audio' })).toBe('sparse-sample runs/a --out sample.wav');
});
