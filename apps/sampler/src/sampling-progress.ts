/** How far a long sampling is, for people who wait: nothing for a short one. */

/** Where notes go. */
interface NoteOutput {
  /** Takes text. */
  write(text: string): unknown;
  /** True for a terminal: there one line is written again and again. */
  readonly isTTY?: boolean;
}

const firstMs = 3000;
const terminalMs = 500;
const fileMs = 30_000;

/** Notes of how much is done. */
export class SamplingProgress {
  readonly #notes: NoteOutput;
  readonly #tokens: number;
  readonly #now: () => number;
  readonly #began: number;
  #done = 0;
  #nextAt: number;
  #isLineOpen = false;

  /** @param tokens of all samples; `isSilent`: only the end is noted; `now`: the clock, in milliseconds */
  constructor(
    notes: NoteOutput,
    tokens: number,
    { isSilent = false, now = () => performance.now() }: { isSilent?: boolean; now?: () => number } = {},
  ) {
    this.#notes = notes;
    this.#tokens = tokens;
    this.#now = now;
    this.#began = now();
    this.#nextAt = isSilent ? Number.POSITIVE_INFINITY : this.#began + firstMs;
  }

  /** Counts tokens that are there. */
  add(tokens: number): void {
    this.#done += tokens;
    const now = this.#now();
    if (now < this.#nextAt || this.#done >= this.#tokens) return;
    const seconds = (now - this.#began) / 1000;
    const left = (seconds * (this.#tokens - this.#done)) / this.#done;
    const percent = Math.floor((100 * this.#done) / this.#tokens);
    const line = `${percent} %: ${this.#done} of ${this.#tokens} tokens, ${(this.#done / seconds).toFixed(0)} a second, ${showTime(left)} left`;
    this.#notes.write(this.#notes.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
    this.#isLineOpen = this.#notes.isTTY === true;
    this.#nextAt = now + (this.#notes.isTTY ? terminalMs : fileMs);
  }

  /** What it came to, once all is done. */
  end(): void {
    const seconds = (this.#now() - this.#began) / 1000;
    this.close();
    this.#notes.write(
      `${this.#done} tokens in ${seconds.toFixed(1)} s, ${(this.#done / seconds).toFixed(0)} a second\n`,
    );
  }

  /** Takes away the line that is written again and again. */
  close(): void {
    if (this.#isLineOpen) this.#notes.write('\r\u001b[K');
    this.#isLineOpen = false;
  }
}

function showTime(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
