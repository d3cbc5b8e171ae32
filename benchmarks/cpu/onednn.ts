/** The small C program that multiplies with oneDNN, built when it is first needed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A batch of products a `[rows, depth]` · b `[depth, columns]`. */
export interface Sides {
  readonly batch: number;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

/** The built program. */
export interface OneDnn {
  /** Multiplies for so long, and tells the milliseconds of each call. */
  multiply(
    sides: Sides,
    transposeA: boolean,
    transposeB: boolean,
    threads: number,
    milliseconds: number,
  ): number[];
  /** Deletes it. */
  remove(): void;
}

/** Builds the program; null where there is no C compiler or no oneDNN 2. */
export function buildOneDnn(): OneDnn | null {
  const folder = mkdtempSync(join(tmpdir(), 'onednn-'));
  const remove = () => rmSync(folder, { recursive: true });
  const program = join(folder, 'onednn');
  try {
    const source = join(import.meta.dirname, 'onednn.c');
    execFileSync('cc', ['-O2', source, '-ldnnl', '-o', program], { stdio: 'pipe' });
  } catch {
    remove();
    return null;
  }
  return {
    multiply: ({ batch, rows, depth, columns }, transposeA, transposeB, threads, milliseconds) => {
      const words = [batch, rows, depth, columns, Number(transposeA), Number(transposeB), milliseconds];
      const env = { ...process.env, OMP_NUM_THREADS: String(threads) };
      return JSON.parse(execFileSync(program, words.map(String), { encoding: 'utf8', env })) as number[];
    },
    remove,
  };
}
