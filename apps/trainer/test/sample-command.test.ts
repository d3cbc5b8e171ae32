import { expect, it } from 'vitest';
import { sampleCommand } from '../src/export/sample-command.ts';

it('gives images and sound a file to go to', () => {
  expect(sampleCommand('runs/a', 'text')).toBe('sparse-sample runs/a');
  expect(sampleCommand('runs/a', 'images')).toBe('sparse-sample runs/a --out sample.png');
  expect(sampleCommand('runs/a', 'audio')).toBe('sparse-sample runs/a --out sample.wav');
});
