/** A refusal by the trainer. The message names the thing, what was expected, what came, and the way out. */
export class TrainerError extends Error {
  /** The name of this class, or of one made from it. */
  override readonly name: string = 'TrainerError';
}

/** The disk is full: checkpoints that are there stay whole, and the run goes on from the newest once there is space. */
export class DiskFullError extends TrainerError {
  /** The name of this class. */
  override readonly name = 'DiskFullError';
}

/** The loss or its gradients are not finite, or the loss grew beyond what the configuration allows: the step is not taken. */
export class DivergedError extends TrainerError {
  /** The name of this class. */
  override readonly name = 'DivergedError';
}
