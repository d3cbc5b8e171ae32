/**
 * The source of every package as one file an entry, for programs that run from source: hundreds of files, each loaded through hooks, took
 * three quarters of a short process. The bundles are made anew when a source file has changed; packages from npm stay outside.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const prefix = 'source-';

/** Gives the address of the bundle for that of each entry, such as `…/packages/kernels/src/index.ts`. */
export async function bundledSource(root = new URL('../', import.meta.url)) {
  const { packages, key, unmade } = lookAt(root);
  if (unmade.length > 0) await bundleApart(root);
  return new Map(
    packages.flatMap(({ folder, entries }) =>
      entries.map((entry) => [
        new URL(entry, folder).href,
        new URL(`${prefix}${key}/${nameOf(entry)}.mjs`, cacheOf(folder)).href,
      ]),
    ),
  );
}

function lookAt(root) {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(new URL(group, root)).map((name) => new URL(`${group}/${name}/`, root)),
  );
  // One without runs as it stands.
  const packages = folders.filter((folder) => existsSync(new URL('src/', folder))).map(readPackage);
  const key = keyOf(packages);
  const unmade = packages.filter(({ folder }) => !existsSync(new URL(`${prefix}${key}/`, cacheOf(folder))));
  return { packages, key, unmade };
}

/**
 * In a process of its own: what the bundler takes is no memory of the program that runs, which may be measured. NODE_OPTIONS may name source.mjs,
 * which would want the same bundles: that process would start another one, and so on without end.
 */
async function bundleApart(root) {
  const program = `import { bundleUnmade } from ${JSON.stringify(import.meta.url)}; await bundleUnmade(${JSON.stringify(root.href)});`;
  const { NODE_OPTIONS: _, ...env } = process.env;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env });
}

/**
 * Makes the bundles that are missing: what `bundleApart` calls by its name.
 *
 * @public
 */
export async function bundleUnmade(root) {
  const { key, unmade } = lookAt(root);
  await bundleAll(unmade, key);
}

function readPackage(folder) {
  const { tsdown } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  return { folder, entries: tsdown?.entry ?? ['src/index.ts'] };
}

/** Inside the package, so that its imports find what the package finds. */
const cacheOf = (folder) => new URL('node_modules/.cache/', folder);

const nameOf = (entry) => entry.replace(/^src\/(.*)\.ts$/, '$1');

/** Of the content of all source files, for times and sizes may stay when it changes. */
function keyOf(packages) {
  const hash = createHash('sha256').update(readFileSync(new URL(import.meta.url)));
  for (const { folder, entries } of packages) {
    const source = new URL('src/', folder);
    hash.update(`${folder}\0${entries}\0`);
    for (const file of readdirSync(source, { recursive: true }).sort())
      if (file.endsWith('.ts')) hash.update(`${file}\0`).update(readFileSync(new URL(file, source)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function bundleAll(packages, key) {
  await import('tsx/esm');
  const [{ Rolldown }, { innerName, stockGradientsFile }] = await Promise.all([
    import('tsdown'),
    import('./stock-gradients-file.ts'),
  ]);
  const gradients = await stockGradientsFile();
  const plugin = {
    name: 'source-bundle',
    resolveId(id) {
      if (id === innerName) return gradients;
      return /^\.|^\//.test(id) ? null : { id, external: true };
    },
    // What lies beside a source file is found as if the file ran itself.
    transform: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
  };
  await Promise.all(packages.map((made) => bundle(made, key, Rolldown, plugin)));
}

async function bundle({ folder, entries }, key, Rolldown, plugin) {
  const bundled = await Rolldown.rolldown({
    input: Object.fromEntries(entries.map((entry) => [nameOf(entry), fileURLToPath(new URL(entry, folder))])),
    plugins: [plugin],
    platform: 'node',
    logLevel: 'silent',
  });
  const cache = cacheOf(folder);
  mkdirSync(cache, { recursive: true });
  // Another process may have made this one meanwhile, and a program may be running from it.
  for (const name of readdirSync(cache))
    if (name.startsWith(prefix) && name !== `${prefix}${key}`)
      rmSync(new URL(name, cache), { recursive: true });
  // Processes that start side by side may all make it: each under its own name, whole before it takes the shared one.
  const own = new URL(`own-${key}-${process.pid}/`, cache);
  await bundled.write({
    dir: fileURLToPath(own),
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    sourcemap: true,
  });
  await bundled.close();
  takeName(own, new URL(`${prefix}${key}/`, cache));
}

function takeName(own, shared) {
  try {
    renameSync(own, shared);
  } catch (error) {
    // Another process was first, with the same content.
    if (!existsSync(shared)) throw error;
    rmSync(own, { recursive: true });
  }
}
