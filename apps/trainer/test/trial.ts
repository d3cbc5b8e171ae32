/** A folder to try the program in: a text, and a model so small that a step takes milliseconds. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '../src/main.ts';
import type { RunFileSystem } from '../src/run-folder/run-files.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Flags of Node that let it run the source. */
export const fromSource = ['--conditions=@sparse-transformers/source', '--import', `${root}tools/source.mjs`];
/** The program. */
export const cli = `${root}apps/trainer/src/cli.ts`;
/** The program from its source, as a command. */
const program = [process.execPath, ...fromSource, cli];

/** What the program printed and returned. */
export interface Result {
  code: number;
  output: string;
  errors: string;
}

export class Trial {
  readonly folder = mkdtempSync(join(tmpdir(), 'sparse-train-'));
  readonly #shared = new Map<string, { run: string; result: Result }>();

  constructor() {
    process.env['XDG_CACHE_HOME'] = join(this.folder, 'cache');
    mkdirSync(join(this.folder, 'work'));
    writeFileSync(this.path('text.txt'), 'To be, or not to be, that is the question. '.repeat(40));
  }

  path(name: string): string {
    return join(this.folder, 'work', name);
  }

  /** The arguments of a small run, on the engine that is quickest to start and to train; later ones win. */
  start(out: string, ...more: string[]): string[] {
    return [
      ...[
        '--config',
        'tiny-text',
        ...(more.includes('--data') ? [] : ['--data', this.path('text.txt')]),
        '--out',
        this.path(out),
        ...['--engine', 'wasm', '--threads', '1'],
      ],
      ...['--steps', '20', '--training.batch', '2', '--training.warmupSteps', '4', '--model.length', '16'],
      ...['--model.width', '8', '--model.heads', '2', '--model.layers', '1', '--model.positions.stride', '4'],
      ...['--model.patterns', '[{"kind":"fixed","block":4,"summary":1}]'],
      ...[
        '--validation.every',
        '7',
        '--validation.batch',
        '2',
        '--validation.windows',
        '4',
        '--checkpoints.every',
        '5',
      ],
      ...more,
    ];
  }

  async run(
    args: string[],
    options: { stopAt?: number; isStopped?: boolean; fileSystem?: RunFileSystem } = {},
  ): Promise<Result> {
    const stopping = new AbortController();
    if (options.isStopped) stopping.abort();
    const result = { output: '', errors: '' };
    const output = {
      write(text: string) {
        result.output += text;
        if (options.stopAt !== undefined && text.includes(`step ${options.stopAt}/`)) stopping.abort();
      },
      isTTY: true,
      columns: 200,
    };
    // A second a look, so that each step is told.
    let milliseconds = 0;
    const now = () => (milliseconds += 1000);
    const errors = { write: (text: string) => (result.errors += text) };
    const { fileSystem } = options;
    const disk = fileSystem === undefined ? {} : { fileSystem };
    const code = await main(args, { output, errors, program, signal: stopping.signal, now, ...disk });
    return { code, ...result };
  }

  /** A run that begins with these settings, taken once for all who ask for it: who changes it takes a copy. */
  async shared(
    settings: string[],
    options: { stopAt?: number } = {},
  ): Promise<{ run: string; result: Result }> {
    const key = JSON.stringify([settings, options]);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const run = `shared-${this.#shared.size}`;
    const begun = { run, result: await this.run(this.start(run, ...settings), options) };
    this.#shared.set(key, begun);
    return begun;
  }

  copy(run: string, to: string): string {
    cpSync(this.path(run), this.path(to), { recursive: true });
    return to;
  }

  /** A checksum of every file and folder that the program could spoil. */
  hash(): string {
    const hash = createHash('sha256');
    for (const entry of readdirSync(this.path('.'), { recursive: true, withFileTypes: true }).sort(byPath)) {
      const path = join(entry.parentPath, entry.name);
      hash.update(`${path}\n`);
      if (entry.isFile()) hash.update(readFileSync(path));
    }
    return hash.digest('hex');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Lines of `metrics.jsonl` without what depends on the machine and its load. */
export function repeatableLines(text: string): string[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => line.replace(/,"seconds":.*\}$/, '}'));
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1;
}
