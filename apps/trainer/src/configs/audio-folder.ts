/**
 * Sound of your own: a folder of WAV, FLAC or Ogg Vorbis, or globs. Windows are shorter than in `music-strided`, so there are more steps.
 *
 *     sparse-train --config audio-folder --data recordings/ --out runs/sound --engine native
 *
 * What can't be read is left out, told and counted.
 */
import type { RunConfig } from '../configuration/index.ts';
import { musicStrided } from './music-strided.ts';

const { data, model, training, validation } = musicStrided;

/** The configuration named `audio-folder`. */
export const audioFolder: RunConfig = {
  ...musicStrided,
  data: { ...data, validShare: 0.1, onBadInput: 'skip' },
  model: {
    ...model,
    length: 8192,
    patterns: [
      { kind: 'repeat', times: 2, pattern: { kind: 'local', window: 8 } },
      { kind: 'strided', stride: 128, window: 64 },
    ],
  },
  training: { ...training, batch: 2, steps: 1500, warmupSteps: 100, averageDecay: 0.99, recompute: false },
  validation: { ...validation, every: 500, batch: 2, windows: 32 },
  samples: { every: 500, count: 2, tokens: 8000, temperature: 0.95 },
  checkpoints: { every: 250, keep: 2 },
};
