/** The version of a library: the package's own, and a hash of the C sources that it was built from, as in 1.2.0+3f2a91c04b7d. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hashOfSources } from '@sparse-transformers/c-kernels';

/** The version that the library of a package must have. */
export function libraryVersion(packageFolder) {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
  return `${version}+${hashOfSources()}`;
}
