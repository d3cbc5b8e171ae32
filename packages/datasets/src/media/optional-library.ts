import { DatasetError, systemCode } from '../refusals/index.ts';

/**
 * Imports a library that only some users need, and that is therefore not installed with this package.
 *
 * @throws {@link DatasetError} (`library`) naming what to install.
 */
export async function importLibrary<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new DatasetError(
      'library',
      `${purpose}: expected the package ${name}, got no such package; run: npm install ${name}`,
      error,
    );
  }
}
