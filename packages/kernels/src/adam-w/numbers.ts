/** The settings of AdamW and the place in the run. */
export interface AdamWSettings {
  /** β₁: how much of the mean gradient is kept. */
  readonly beta1: number;
  /** β₂: how much of the mean square is kept. */
  readonly beta2: number;
  /** ε, above 0. */
  readonly epsilon: number;
  /** λ: share of a weight that is taken off per step and unit of learning rate. */
  readonly weightDecay: number;
  /** η. */
  readonly learningRate: number;
  /** t, counted from 1. */
  readonly step: number;
}

/**
 * What one step takes from the settings: β₁, 1 − β₁, β₂, 1 − β₂, the rate, ε and the share of a decaying weight that stays.
 *
 * The corrections of the moments are moved into rate and ε, which changes nothing else:
 * η m̂ / (√v̂ + ε) = η · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε √(1 − β₂ᵗ)).
 */
export function adamWNumbers(settings: AdamWSettings): Float32Array {
  const { beta1, beta2, epsilon, weightDecay, learningRate, step } = settings;
  const correction1 = 1 - beta1 ** step;
  const correction2 = Math.sqrt(1 - beta2 ** step);
  return Float32Array.of(
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    (learningRate * correction2) / correction1,
    epsilon * correction2,
    1 - learningRate * weightDecay,
  );
}
