/** Packs what is published, and sets up an empty project around one tarball, as somebody outside would have it. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Manifest, published, root, type Workspace } from '../workspace.ts';

export const folder = mkdtempSync(join(tmpdir(), 'packed-'));

const start = promisify(execFile);

/** Runs a command and returns what it printed; a failure carries all that it printed. */
export async function run(command: string, args: string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await start(command, args, { cwd, env: outsideEnvironment, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
  }
}

/** pnpm hands its own settings and test runners theirs to what they start; somebody outside has neither. */
const outsideEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|vitest|node_env|node_path)/i.test(name)),
);

const tarballName = ({ name, manifest }: Workspace) => `sparse-transformers-${name}-${manifest.version}.tgz`;

export const tarball = (workspace: Workspace) => join(folder, tarballName(workspace));

/** Packs every package and app; each must be built. */
export async function packAll(): Promise<void> {
  for (const { folder: source } of published)
    await run('npx', ['-y', 'pnpm', 'pack', '--pack-destination', folder], join(root, source));
}

interface PackedManifest extends Manifest {
  readonly exports: { readonly '.': Readonly<Record<string, string>> };
}

/** The manifest as it stands in the tarball. */
export async function packedManifest(workspace: Workspace): Promise<PackedManifest> {
  return JSON.parse(await run('tar', ['-xzOf', tarball(workspace), 'package/package.json'], folder));
}

/** Packages that a program imports besides the package itself and its peers: `// needs: NAME …` on its first line. */
function neededBy(program: string): string[] {
  const [, names = ''] = /^\/\/ needs: (.*)$/m.exec(readFileSync(program, 'utf8')) ?? [];
  return names.split(' ').filter((name) => name !== '');
}

/** The versions of the catalog, by which the whole workspace is tested. */
function catalogVersion(name: string): string {
  const catalog = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const [, version] = new RegExp(`^ +["']?${name}["']?: (\\S+)$`, 'm').exec(catalog) ?? [];
  if (version === undefined) throw new Error(`a packed program needs ${name}, which the catalog lacks`);
  return version;
}

const ourFiles = () =>
  Object.fromEntries(published.map((workspace) => [workspace.manifest.name, `file:${tarball(workspace)}`]));

/** Peers that a package can't do without; a program names the optional ones that it needs. */
function requiredPeers({
  peerDependencies = {},
  peerDependenciesMeta = {},
}: Manifest): Record<string, string> {
  const required = Object.entries(peerDependencies).filter(([name]) => !peerDependenciesMeta[name]?.optional);
  return Object.fromEntries(required);
}

/** Installs one tarball and exactly its declared peers into an empty project; our packages come from tarballs only. */
export async function installAlone(workspace: Workspace, program: string): Promise<string> {
  const project = join(folder, workspace.name);
  mkdirSync(project);
  const files = ourFiles();
  const needed = neededBy(program).map((name) => [name, files[name] ?? catalogVersion(name)]);
  const dependencies: Record<string, string> = {
    ...requiredPeers(await packedManifest(workspace)),
    ...Object.fromEntries(needed),
    [workspace.manifest.name]: `file:${tarball(workspace)}`,
  };
  const overrides = Object.fromEntries(Object.entries(files).filter(([name]) => !(name in dependencies)));
  const manifest = { name: 'outside', private: true, type: 'module', dependencies, overrides };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2));
  copyFileSync(program, join(project, 'program.mjs'));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], project);
  return project;
}

export const programOf = ({ name }: Workspace) => join(root, 'tools/packed/programs', `${name}.mjs`);
