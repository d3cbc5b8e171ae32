/**
 * What a character model without a network reaches: counts of the characters that followed each context, orders 0 to 6, with
 * Witten-Bell smoothing (Witten and Bell 1991). A trained model must do better on the same split.
 *
 * Reads the trainer's bundled text, or the file that BENCH_TEXT names: the first 90 % is counted, the last 10 % is predicted.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from './bench.ts';

const bundled = join(import.meta.dirname, '../apps/trainer/assets/shakespeare.txt');

/** What followed a context. */
interface Followers {
  total: number;
  readonly counts: Map<string, number>;
}

/** One figure an order: bits a character on the last tenth. */
export function run(report: Report): void {
  const characters = [...readFileSync(process.env['BENCH_TEXT'] ?? bundled, 'utf8')];
  const boundary = Math.floor(characters.length * 0.9);
  const alphabet = new Set(characters).size;
  for (let order = 0; order <= 6; order++) {
    const contexts = countContexts(characters.slice(0, boundary), order);
    const value = bitsPerCharacter(characters.slice(boundary), contexts, order, alphabet);
    report({ name: `order-${order} Witten-Bell, last 10 %`, engine: 'none', value, unit: 'bits/character' });
  }
}

function countContexts(characters: readonly string[], order: number): Map<string, Followers> {
  const contexts = new Map<string, Followers>();
  characters.forEach((character, index) => {
    for (let length = 0; length <= Math.min(order, index); length++) {
      const context = characters.slice(index - length, index).join('');
      const followers = contexts.get(context) ?? { total: 0, counts: new Map() };
      followers.total++;
      followers.counts.set(character, (followers.counts.get(character) ?? 0) + 1);
      contexts.set(context, followers);
    }
  });
  return contexts;
}

function bitsPerCharacter(
  characters: readonly string[],
  contexts: ReadonlyMap<string, Followers>,
  order: number,
  alphabet: number,
): number {
  let bits = 0;
  // The first characters have no whole context in the split, and are left out, as a model's first token is.
  for (let index = order; index < characters.length; index++) {
    const context = characters.slice(index - order, index);
    bits -= Math.log2(chanceOf(characters[index]!, context, contexts, alphabet));
  }
  return bits / (characters.length - order);
}

/** (count + distinct followers · chance after the shorter context) ÷ (total + distinct followers), down to 1 ÷ alphabet. */
function chanceOf(
  character: string,
  context: readonly string[],
  contexts: ReadonlyMap<string, Followers>,
  alphabet: number,
): number {
  let chance = 1 / alphabet;
  for (let length = 0; length <= context.length; length++) {
    const followers = contexts.get(context.slice(context.length - length).join(''));
    if (!followers) break;
    const { total, counts } = followers;
    chance = ((counts.get(character) ?? 0) + counts.size * chance) / (total + counts.size);
  }
  return chance;
}
