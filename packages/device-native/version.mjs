/** The version of a library: the package's own, and a hash of the C sources that it was built from, as in 1.2.0+3f2a91c04b7d. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The version that the library of a package must have. */
export function libraryVersion(packageFolder) {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
  const sources = path.join(packageFolder, 'c');
  const hash = createHash('sha256');
  for (const file of readdirSync(sources).sort())
    hash.update(file).update(readFileSync(path.join(sources, file)));
  return `${version}+${hash.digest('hex').slice(0, 12)}`;
}
