import type { FileFormat } from '../files/index.ts';
import { badInput, type DatasetError, words } from '../refusals/index.ts';

/** The refusal of a file that is no text. */
export function refuseFormat(path: string, { name, wayOut }: FileFormat): DatasetError {
  const anyBytes = words`pass ${{ option: 'anyBytes', value: true }} to learn its bytes as they are`;
  return badInput('corrupt', `read ${path}`, `expected text, got a file that is ${name}`, [wayOut, anyBytes]);
}
