import { useEngine } from '@sparse-transformers/engines';
import { muLawTokenizer, pixelTokenizer } from '@sparse-transformers/tokenizers';
import { beforeAll, expect, it } from 'vitest';
import { readTextModel } from '../../src/serve/text-model.ts';
import { tinyFiles, tokenizers, writeRun } from '../tiny-run.ts';

beforeAll(() => useEngine('cpu'));

it('reads a model of text', async () => {
  const run = await writeRun(await tinyFiles(tokenizers.bytes));
  expect((await readTextModel(run)).tokenizer.kind).toBe('bytes');
});

it.each([pixelTokenizer({ rows: 4, columns: 4, channels: 3 }), muLawTokenizer({ sampleRate: 12_000 })])(
  'refuses a model of $dataKind by name',
  async (tokenizer) => {
    const run = await writeRun(await tinyFiles(tokenizer));
    await expect(readTextModel(run)).rejects.toThrow(
      `expected a model of text, but it is one of ${tokenizer.dataKind}, by its tokenizer.`,
    );
  },
);
