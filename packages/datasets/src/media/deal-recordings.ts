// Which recordings go to which split. Each folder, which may be a speaker or a kind of music, is dealt out by itself: whole recordings where
// that comes close to the shares, since what is validated on should be new. In a folder of too few, each recording is cut.

import { splitRanges } from '../batches/index.ts';
import { type Dealing, shuffledInBlock } from './deal-records.ts';

/** Tokens side by side. */
export interface Stretch {
  /** The first one. */
  readonly start: number;
  /** How many. */
  readonly tokens: number;
}

/** How far a split's part of a folder may be from its share of it, as a part of that share. */
const tolerance = 0.5;

/** The stretches of each split, by name, in the order of the recordings. */
export function dealRecordings(
  recordings: readonly Stretch[],
  ratios: Readonly<Record<string, number>>,
  { folders, seed }: Dealing,
): Map<string, Stretch[]> {
  const dealt = new Map<string, Stretch[]>(Object.keys(ratios).map((name) => [name, []]));
  folders.forEach((start, index) => {
    const end = folders[index + 1] ?? recordings.length;
    const parts =
      dealWhole(recordings, { start, end }, ratios, seed) ?? cutEach(recordings.slice(start, end), ratios);
    for (const { name, stretch } of parts) dealt.get(name)?.push(stretch);
  });
  return dealt;
}

/** A stretch that goes to a split. */
interface Part {
  readonly name: string;
  readonly stretch: Stretch;
}

/** Gives one recording after the other to the split that lacks most; null where one gets far from its share. */
function dealWhole(
  recordings: readonly Stretch[],
  folder: { readonly start: number; readonly end: number },
  ratios: Readonly<Record<string, number>>,
  seed: number,
): Part[] | null {
  const block = Math.ceil(1 / Math.min(...Object.values(ratios)));
  const splits = Object.entries(ratios).map(([name, ratio]) => ({ name, ratio, got: 0 }));
  const parts: Part[] = [];
  let seen = 0;
  for (let place = folder.start; place < folder.end; place++) {
    const stretch = recordings[shuffledInBlock(place, block, folder, seed)]!;
    seen += stretch.tokens;
    const lack = ({ ratio, got }: { ratio: number; got: number }): number => ratio * seen - got;
    const neediest = splits.reduce((most, split) => (lack(split) > lack(most) ? split : most));
    neediest.got += stretch.tokens;
    parts.push({ name: neediest.name, stretch });
  }
  const isClose = splits.every(({ ratio, got }) => Math.abs(got - ratio * seen) <= tolerance * ratio * seen);
  return isClose ? parts.sort((left, right) => left.stretch.start - right.stretch.start) : null;
}

/** Cuts each recording in the order of the ratios: what is validated on comes after what is trained on. */
function cutEach(folder: readonly Stretch[], ratios: Readonly<Record<string, number>>): Part[] {
  return folder.flatMap(({ start, tokens }) =>
    [...splitRanges(tokens, ratios)]
      .filter(([, [from, to]]) => to > from)
      .map(([name, [from, to]]) => ({ name, stretch: { start: start + from, tokens: to - from } })),
  );
}
