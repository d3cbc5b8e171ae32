/** A checkpoint that can't be written as asked, or one on disk that is not whole. The message names the file. */
export class CheckpointError extends Error {
  /** The name of this class. */
  override readonly name = 'CheckpointError';
  /** The file or folder at fault. */
  readonly path: string;

  /**
   * @param path the file or folder at fault
   * @param message what was expected, what came, and the way out
   */
  constructor(path: string, message: string) {
    super(`checkpoint ${path}: ${message}`);
    this.path = path;
  }
}

/** Is it the system's error for a path that isn't there? */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
