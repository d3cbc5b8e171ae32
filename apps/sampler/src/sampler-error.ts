/** A refusal by the sampler. The message names the thing, what was expected, what came, and the way out. */
export class SamplerError extends Error {
  /** The name of this class. */
  override readonly name = 'SamplerError';
}
