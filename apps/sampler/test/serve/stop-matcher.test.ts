import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stopMatcher } from '../../src/serve/stop-matcher.ts';

/** All that is shown of a text in pieces, and whether it stopped. */
function show(stops: readonly string[], pieces: readonly string[]): { text: string; isStopped: boolean } {
  const matcher = stopMatcher(stops);
  let text = '';
  for (const piece of pieces) {
    const released = matcher.push(piece);
    text += released.text;
    if (released.isStopped) return { text, isStopped: true };
  }
  return { text: text + matcher.end(), isStopped: false };
}

/** By looking at every place: where the first stop string to be complete begins. */
function showSlowly(stops: readonly string[], text: string): { text: string; isStopped: boolean } {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => text.slice(0, end).endsWith(stop));
    if (complete.length === 0) continue;
    return { text: text.slice(0, end - Math.max(...complete.map(({ length }) => length))), isStopped: true };
  }
  return { text, isStopped: false };
}

describe('stopMatcher', () => {
  it('finds a stop string across pieces and shows nothing of it', () => {
    expect(show(['\n\n'], ['one\n', '\ntwo'])).toEqual({ text: 'one', isStopped: true });
    expect(show(['END'], ['a', 'E', 'N', 'D'])).toEqual({ text: 'a', isStopped: true });
  });

  it('holds back no more than what may become a stop string', () => {
    const matcher = stopMatcher(['abc']);
    expect(matcher.push('xxab')).toEqual({ text: 'xx', isStopped: false });
    expect(matcher.push('ab')).toEqual({ text: 'ab', isStopped: false });
    expect(matcher.push('d')).toEqual({ text: 'abd', isStopped: false });
  });

  it('gives the held text at the end', () => {
    const matcher = stopMatcher(['END']);
    expect(matcher.push('the EN').text).toBe('the ');
    expect(matcher.end()).toBe('EN');
    expect(matcher.end()).toBe('');
  });

  it('finds a stop string that overlaps its own beginning', () => {
    expect(show(['aab'], ['aaa', 'ab'])).toEqual({ text: 'aa', isStopped: true });
  });

  it('agrees with looking at every place, for any strings cut anywhere', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 });
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(stop, { maxLength: 4 }), fc.array(letters, { maxLength: 12 }), (stops, pieces) => {
        expect(show(stops, pieces)).toEqual(showSlowly(stops, pieces.join('')));
      }),
      { numRuns: 500 },
    );
  });
});
