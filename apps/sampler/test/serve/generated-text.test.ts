import { byteTokenizer } from '@sparse-transformers/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenReport } from '../../src/serve/completion-job.ts';
import { GeneratedText } from '../../src/serve/generated-text.ts';

const bytes = byteTokenizer();
const opinion = { logprob: -1, top: {} };

/** What is shown of a text's bytes, token by token; the last one ends it. */
function show(text: string | number[], stops: readonly string[] = []) {
  const ids = typeof text === 'string' ? [...bytes.encode(text)] : text;
  const generated = new GeneratedText(bytes, stops);
  const shown: { text: string; tokens: readonly TokenReport[]; finish: string | null }[] = [];
  for (const [index, id] of ids.entries()) {
    shown.push(generated.push(id, opinion, index === ids.length - 1));
    if (shown.at(-1)!.finish) break;
  }
  return {
    texts: shown.map((piece) => piece.text),
    text: shown.map((piece) => piece.text).join(''),
    tokens: shown.flatMap((piece) => piece.tokens.map((token) => [token.text, token.offset])),
    finish: shown.at(-1)?.finish,
  };
}

describe('GeneratedText', () => {
  it('holds back the bytes of a character until it is whole, and then tells of all of them', () => {
    const { texts, tokens } = show('aé!');
    expect(texts).toEqual(['a', '', 'é', '!']);
    expect(tokens).toEqual([
      ['a', 0],
      ['bytes:\\xc3', 1],
      ['bytes:\\xa9', 1],
      ['!', 2],
    ]);
  });

  it('counts offsets in characters, not in UTF-16 units', () => {
    expect(show('😀a').tokens.at(-1)).toEqual(['a', 1]);
  });

  it('shows a character that is cut at the end as U+FFFD, and tells of its bytes', () => {
    const { text, tokens, finish } = show([0x61, 0xc3]);
    expect([text, finish]).toEqual(['a\uFFFD', 'length']);
    expect(tokens).toEqual([
      ['a', 0],
      ['bytes:\\xc3', 1],
    ]);
  });

  it('finds a stop string of characters of several bytes, and tells of no token of it', () => {
    const { text, tokens, finish } = show('añé!', ['é']);
    expect([text, finish]).toEqual(['añ', 'stop']);
    expect(tokens.map(([token]) => token)).toEqual(['a', 'bytes:\\xc3', 'bytes:\\xb1']);
  });

  it('tells of each token once, with the text it stands at, whatever was held back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
        fc.string({ minLength: 2 }),
        (text, stop) => {
          const { text: shown, tokens, finish } = show(text, [stop]);
          const expected = text.includes(stop) ? text.slice(0, text.indexOf(stop)) : text;
          expect([shown, finish]).toEqual([expected, text.includes(stop) ? 'stop' : 'length']);
          expect(tokens).toHaveLength(bytes.encode(expected).length);
        },
      ),
    );
  });
});
