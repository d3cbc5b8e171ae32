/**
 * Bits per character on the validation split that the demo reaches: the mean of five seeds, with a margin either way that is several
 * times their spread. Outside it lie frozen weights, attention to the own position only, and ten times the learning rate.
 */
export const demoBand: readonly [least: number, most: number] = [2, 3];
