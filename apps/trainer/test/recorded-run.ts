/** Folders as runs leave them, without running one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configs, type RunConfig } from '../src/index.ts';

/** What to put in a folder. */
export interface Recording {
  readonly name?: string;
  readonly config?: RunConfig;
  /** Lines of `metrics.jsonl`; texts as they are, objects with what they leave out filled in. */
  readonly metrics?: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly validation?: readonly Readonly<Record<string, unknown>>[];
  readonly sessions?: string;
  /** Files by their path in the folder. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

export const tinyText: RunConfig = configs.get('tiny-text')!;

/** The line of a step; each takes half a second and 100 tokens. */
export function metricsLine(fields: Readonly<Record<string, unknown>>): string {
  const step = Number(fields['step']);
  const filled = {
    loss: 2,
    learningRate: 1e-3,
    gradientNorm: 1,
    tokens: step * 100,
    skipped: 0,
    seconds: step / 2,
    tokensPerSecond: 200,
    deviceBytes: 2 ** 20,
    processBytes: 2 ** 21,
    ...fields,
  };
  return JSON.stringify({ bits: filled.loss === null ? null : Number(filled.loss) / Math.LN2, ...filled });
}

/** Temporary folders with runs in them. */
export class Recordings {
  readonly root = mkdtempSync(join(tmpdir(), 'sparse-report-'));

  /** Writes a run and gives its folder. */
  write(place: string, recording: Recording): string {
    const { name = 'a run', config = tinyText, metrics = [], validation, sessions, files = {} } = recording;
    const folder = join(this.root, place);
    mkdirSync(folder, { recursive: true });
    const identity = {
      name,
      seed: 1,
      data: ['/data/text.txt'],
      valid: null,
      engine: 'cpu',
      config,
      changes: [],
    };
    const lines = metrics.map((line) => (typeof line === 'string' ? line : `${metricsLine(line)}\n`));
    const written: Record<string, string | Uint8Array> = {
      'config.json': JSON.stringify({ format: 'sparse-transformers/run', version: 2, ...identity }),
      ...(lines.length > 0 && { 'metrics.jsonl': lines.join('') }),
      ...(validation && {
        'validation.jsonl': validation.map((line) => `${JSON.stringify(line)}\n`).join(''),
      }),
      ...(sessions !== undefined && { 'sessions.jsonl': sessions }),
      ...files,
    };
    for (const [path, content] of Object.entries(written)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return folder;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
