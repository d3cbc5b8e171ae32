/** A model without numbers: after a letter comes the next one, in a circle. It counts what is asked of it. */
import type { Sequence } from '@sparse-transformers/models';
import { characterTokenizer, type Tokenizer } from '@sparse-transformers/tokenizers';
import type { LanguageModel } from '../../src/serve/language-model.ts';

/** The letters, in their order. */
export const letters = 'abcdefghijklmnopqrstuvwxyz .';

/** What a fake model is made of, and what it was asked. */
export interface FakeModel extends LanguageModel {
  /** Sequences that are open now. */
  readonly open: ReadonlySet<Sequence>;
  /** Prompts of each call of `open`, and sequences of each call of `step`. */
  readonly calls: { readonly open: number[][]; readonly step: number[] };
  /** Called before each step; may throw, as an engine may. */
  beforeStep: () => void | Promise<void>;
}

interface FakeOptions {
  readonly length?: number;
  readonly tokenizer?: Tokenizer;
  readonly canBegin?: boolean;
}

/** Makes one. */
export function fakeModel({
  length = 64,
  tokenizer = characterTokenizer(letters),
  canBegin = false,
}: FakeOptions = {}): FakeModel {
  const lasts = new Map<Sequence, number>();
  const calls = { open: [] as number[][], step: [] as number[] };
  const openAt = (last: number): Sequence => {
    const sequence = { length: 0 };
    lasts.set(sequence, last);
    return sequence;
  };
  const model: FakeModel = {
    tokenizer,
    length,
    canBegin,
    get open() {
      return new Set(lasts.keys());
    },
    calls,
    beforeStep: () => {},
    decoder: {
      async open(prompts) {
        calls.open.push(prompts.map((prompt) => prompt.length));
        return prompts.map((prompt) => {
          const last = prompt[prompt.length - 1] ?? -1;
          return { sequence: openAt(last), logits: logitsAfter(last, tokenizer.size) };
        });
      },
      fork: (sequence) => openAt(lasts.get(sequence)!),
      async step(sequences, tokens) {
        await model.beforeStep();
        calls.step.push(sequences.length);
        return sequences.map((sequence, index) => {
          if (!lasts.has(sequence)) throw new Error('step: a sequence that is not open');
          lasts.set(sequence, tokens[index]!);
          return logitsAfter(tokens[index]!, tokenizer.size);
        });
      },
      close: (sequence) => void lasts.delete(sequence),
    },
    promptLogits: async (prompt) =>
      Array.from(prompt, (_, position) =>
        position === 0 && !canBegin ? null : logitsAfter(prompt[position - 1] ?? -1, tokenizer.size),
      ),
  };
  return model;
}

/** The next letter has 4, the one after it 2, all others 0. */
function logitsAfter(last: number, size: number): Float32Array {
  const logits = new Float32Array(size);
  logits[(last + 1) % size] = 4;
  logits[(last + 2) % size] = 2;
  return logits;
}
