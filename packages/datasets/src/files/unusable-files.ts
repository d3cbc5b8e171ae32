import { badInput, DatasetError } from '../refusals/index.ts';

/** The refusal of a path that leads nowhere. A name is an argument: it is refused whatever becomes of bad input. */
export function missing(path: string, cause?: unknown): DatasetError {
  return new DatasetError(
    'missing',
    `open ${path}: expected a file of data, got no such file; check the path`,
    cause,
  );
}

/** The refusal of what the system would not open or list. */
export function unreadable(path: string, error: unknown): DatasetError {
  const detail = `expected a readable file, got ${String(error)}`;
  return badInput('unreadable', `open ${path}`, detail, 'check its permissions and path', error);
}

/** The refusal of a pipe, socket or device. */
export function notAFile(path: string): DatasetError {
  const detail = 'expected a file of data, got a folder or device';
  return badInput('not-a-file', `open ${path}`, detail, 'pass the path of a file');
}
