import { belowOne, choice, whole } from '../fields/index.ts';

/** The fields that every kind of data has. */
export const sharedFields = {
  validShare: belowOne(
    'Share for validation, not looked at with `--valid`: of text the end of the part for training, of images and recordings some from everywhere.',
  ).or(0.1),
  testShare: belowOne('Share for `sparse-train eval --split test`, of text the very end; 0 for none.').or(0),
  onBadInput: choice(
    "What becomes of a file, or a line of one, that can't be used: it ends the run before it begins, or is left out, told and counted.",
    ['refuse', 'skip'],
  ).or('refuse'),
};

/** The field of kinds whose pieces are dealt out to the splits. */
export const splitSeed = whole(
  'Decides which images, or recordings, are for validation and test.',
  0,
  Number.MAX_SAFE_INTEGER,
).or(0);
