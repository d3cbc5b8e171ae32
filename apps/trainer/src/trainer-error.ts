/** A refusal by the trainer. The message names the thing, what was expected, what came, and the way out. */
export class TrainerError extends Error {
  /** The name of this class. */
  override readonly name = 'TrainerError';
}
