/** The key that clients must send: from a file or the environment, never from an argument, which all users of a machine can see. */
import { readFile } from 'node:fs/promises';
import { SamplerError } from '../sampler-error.ts';

/**
 * The key; null if none is set.
 *
 * @param file where it lies; undefined: the environment is asked
 * @throws SamplerError if the file can't be read, or for a key that no header could carry
 */
export async function readApiKey(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (file !== undefined) return checkKey(`--api-key-file ${file}`, (await readKeyFile(file)).trim());
  const key = environment['SPARSE_API_KEY'];
  return key === undefined ? null : checkKey('SPARSE_API_KEY', key.trim());
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SamplerError(`--api-key-file ${file}: it can't be read: ${reason}. Give a file with the key.`);
  }
}

/** The message doesn't show it. */
function checkKey(source: string, key: string): string {
  if (/^[\x21-\x7e]{1,4096}$/.test(key)) return key;
  throw new SamplerError(
    `${source}: expected a key of 1 to 4096 letters, digits and signs of ASCII, without spaces, but it is ${
      key === '' ? 'empty' : 'not'
    }. Make one with: openssl rand -hex 32`,
  );
}
