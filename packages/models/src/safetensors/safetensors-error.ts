/** A file that is not a sound safetensors file, or tensors that can't be written or are not those expected. */
export class SafetensorsError extends Error {
  /** The name of this class of errors, as a stack trace shows it. */
  override readonly name = 'SafetensorsError';
  /** The tensor at fault, or null if the fault is in the file as a whole. */
  readonly tensor: string | null;

  /**
   * @param message what was expected, and what came
   * @param tensor the tensor at fault, if it is one
   */
  constructor(message: string, tensor: string | null = null) {
    super(tensor === null ? `safetensors: ${message}` : `safetensors: tensor ${quote(tensor)}: ${message}`);
    this.tensor = tensor;
  }
}

/** Shows text of unknown origin: quoted, control characters escaped, not longer than a line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}

/** Half a surrogate pair has no form in UTF-8, so that other readers would refuse the file. */
export function checkText(text: string, tensor: string | null): void {
  if (/\p{Surrogate}/u.test(text)) {
    throw new SafetensorsError(`expected Unicode text; ${quote(text)} holds half a surrogate pair`, tensor);
  }
}
