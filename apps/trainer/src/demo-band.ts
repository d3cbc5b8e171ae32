/**
 * Bits per character on the validation split that the demo reaches: the mean of five seeds, 3.11, ± 0.15, four times their spread.
 * Outside it lie frozen weights, attention to the own position only, and ten times the learning rate.
 */
export const demoBand: readonly [least: number, most: number] = [2.96, 3.26];
