/**
 * A Python program that measures beside us, round by round, so that both sides see the same machine.
 *
 * The program reads one line and answers with one line of JSON. It needs PyTorch: TWIN_PYTHON names the Python that has it, else it is the
 * one in .venv.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/** The Python that may have PyTorch. */
export const python = process.env['TWIN_PYTHON'] ?? join(import.meta.dirname, '../../.venv/bin/python');

/** Whether the comparison can be made here, or why it can't. */
export function missingPython(): string | null {
  if (process.env['TWIN_PYTHON'] === undefined && !existsSync(python)) {
    return `no Python with PyTorch: ${python} isn't there, and TWIN_PYTHON isn't set`;
  }
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'pipe' });
    return null;
  } catch {
    return `${python} can't import torch`;
  }
}

/** A running program. */
export class PythonPeer {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly waiting: ((line: string) => void)[] = [];
  private failure: Error | null = null;
  private refuse: ((error: Error) => void) | null = null;

  /** Starts a program of this folder. */
  constructor(program: string, programArguments: readonly string[]) {
    this.child = spawn(python, [join(import.meta.dirname, program), ...programArguments], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.lines = createInterface({ input: this.child.stdout! });
    this.lines.on('line', (line) => this.waiting.shift()?.(line));
    this.child.on('exit', (code) => {
      this.failure = new Error(`${program} ended with code ${code}`);
      this.refuse?.(this.failure);
    });
  }

  /** Sends a line and waits for the answer. */
  async ask<Answer>(line: string): Promise<Answer> {
    if (this.failure) throw this.failure;
    const answer = await new Promise<string>((resolve, reject) => {
      this.refuse = reject;
      this.waiting.push(resolve);
      this.child.stdin!.write(`${line}\n`);
    });
    return JSON.parse(answer) as Answer;
  }

  /** Ends the program. */
  close(): void {
    this.child.removeAllListeners('exit');
    this.lines.close();
    this.child.kill();
  }
}
