/** A refusal by the trainer. The message names the thing, what was expected, what came, and the way out. */
export class TrainerError extends Error {
  override readonly name = 'TrainerError';
}
