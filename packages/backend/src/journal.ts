/**
 * What the kernels that run at this moment have made and not let go, so that it can be freed when one of them throws: data of tensors, by
 * their ids, and memory that is no tensor, by its address. An entry is one use that began or ended; only an error ever looks at them.
 */
import type { DataId } from '@tensorflow/tfjs-core';
import type { Address } from './device.ts';

/** Data or memory. */
type Made = DataId | Address;

/** Notes of what was made. */
export class Journal {
  private readonly entries: Made[] = [];
  private readonly steps: number[] = [];
  private length = 0;
  private running = 0;

  /** A kernel begins; gives the place that it ends or is undone with. */
  begin(): number {
    this.running++;
    return this.length;
  }

  /** The kernel is done, and what it made belongs to whom it gave it. */
  end(place: number): void {
    this.running--;
    this.length = place;
  }

  /** One use of `made` begins. */
  began(made: Made): void {
    if (this.running > 0) this.note(made, 1);
  }

  /** One use of `made` ended, or is no longer the kernel's. */
  ended(made: Made): void {
    if (this.running > 0) this.note(made, -1);
  }

  /** The kernel failed: calls `free` for each use that began in it and has not ended, the last one first. */
  undo(place: number, free: (made: Made) => void): void {
    const uses = new Map<Made, number>();
    for (let entry = place; entry < this.length; entry++)
      uses.set(this.entries[entry]!, (uses.get(this.entries[entry]!) ?? 0) + this.steps[entry]!);
    this.end(place);
    for (const [made, count] of [...uses].reverse()) for (let use = 0; use < count; use++) free(made);
  }

  private note(made: Made, step: number): void {
    this.entries[this.length] = made;
    this.steps[this.length++] = step;
  }
}
