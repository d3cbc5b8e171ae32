/** What lies in a run's folder is not what belongs there: a link, a pipe, a device, or too large. The message names it and the way out. */
export class RunFolderError extends Error {
  /** The name of this class. */
  override readonly name = 'RunFolderError';
  /** The file or folder at fault. */
  readonly path: string;

  /**
   * @param path the file or folder at fault
   * @param message what was expected, what came, and the way out
   */
  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
    this.path = path;
  }
}
