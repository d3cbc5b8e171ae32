/**
 * Finds stop strings in a text that comes in pieces.
 *
 * A stop string may be cut anywhere by tokens, so text that could be its beginning is held back until it is clear. Each stop
 * string is matched by the automaton of Knuth, Morris and Pratt: its state is how much of the string the text ends in, which is
 * just what must be held back. Work per character is constant, whatever strings a client sends.
 */

/** What may be shown after a piece. */
interface Released {
  /** Text that no stop string can reach any more, in its order. */
  readonly text: string;
  /** True once a stop string is complete: it, and all that follows, is never shown. */
  readonly isStopped: boolean;
}

/** Takes a text piece by piece. */
export interface StopMatcher {
  /** Takes a piece; nothing more may come after one that stopped. */
  push(piece: string): Released;
  /** The text that is still held back, since the text ends here without a stop string. */
  end(): string;
}

/**
 * A matcher for the stop string that is complete first; of those complete at one character, the longest.
 *
 * @param stops none empty
 */
export function stopMatcher(stops: readonly string[]): StopMatcher {
  const shorter = stops.map(shorterBeginnings);
  let states = stops.map(() => 0);
  let held = '';
  return {
    push(piece) {
      const text = held + piece;
      for (let index = held.length; index < text.length; index++) {
        states = states.map((state, k) => advance(stops[k]!, shorter[k]!, state, text[index]!));
        const complete = states.filter((state, k) => state === stops[k]!.length);
        if (complete.length > 0)
          return { text: text.slice(0, index + 1 - Math.max(...complete)), isStopped: true };
      }
      const shown = text.length - Math.max(0, ...states);
      held = text.slice(shown);
      return { text: text.slice(0, shown), isStopped: false };
    },
    end() {
      const text = held;
      held = '';
      return text;
    },
  };
}

/** From the length of the longest beginning of `stop` that a text ends in to that with one more UTF-16 unit. */
function advance(stop: string, shorter: Int32Array, state: number, unit: string): number {
  let length = state;
  while (length > 0 && stop[length] !== unit) length = shorter[length - 1]!;
  return stop[length] === unit ? length + 1 : length;
}

/** For each beginning of `stop`, the length of the longest shorter beginning that it ends in. */
function shorterBeginnings(stop: string): Int32Array {
  const lengths = new Int32Array(stop.length);
  let length = 0;
  for (let index = 1; index < stop.length; index++) {
    while (length > 0 && stop[length] !== stop[index]) length = lengths[length - 1]!;
    if (stop[length] === stop[index]) length++;
    lengths[index] = length;
  }
  return lengths;
}
