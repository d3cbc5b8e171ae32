/** A token's time after 1k to 64k others: a dense cache beside the rows that patterns show. */
import { disposeParameters } from '@sparse-transformers/layers';
import { createDecoder, type Decoder, type Sequence, sparseTransformer } from '@sparse-transformers/models';
import { causal, fixed, local, type Pattern, strided } from '@sparse-transformers/patterns';
import { randomFrom } from '@sparse-transformers/testing';

/** The model: the sizes of the training benchmarks. */
export const sizes = { layers: 4, width: 256, heads: 4 };
export const contexts = [1024, 2048, 4096, 8192, 16384, 32768, 65536];

const vocabulary = 256;
const rounds = 5;
const tokensARound = 8;

/** What is compared, by name. The first reads everything. */
const attentions: readonly { readonly name: string; readonly of: (context: number) => Pattern }[] = [
  { name: 'dense', of: denseAfterLocalPrompt },
  { name: 'strided, l = √n', of: (context) => strided({ stride: rootOf(context) }) },
  { name: 'strided, l = 128', of: () => strided({ stride: 128 }) },
  { name: 'fixed, l = √n, c = 1', of: (context) => fixed({ block: rootOf(context), summary: 1 }) },
  { name: 'local, 128', of: () => local({ window: 128 }) },
];

/** A pattern after a context. */
export interface DecodingPoint {
  /** What is compared. */
  readonly name: string;
  /** Tokens before the first that was timed. */
  readonly context: number;
  /** Of the fastest round: other programs only ever add to it. */
  readonly millisecondsAToken: number;
  /** The same as a speed. */
  readonly tokensASecond: number;
  /** Keys that a token reads in one head, on average over the rounds. */
  readonly row: number;
  /** What the cache holds at the end, in MiB of keys and values. */
  readonly mebibytes: number;
}

/** All patterns after this many tokens, in turns. */
export async function measureContext(context: number): Promise<DecodingPoint[]> {
  const started: Started[] = [];
  for (const { name, of } of attentions) started.push(await start(name, of(context), context));
  const rows = started.map(() => 0);
  const best = started.map(() => Number.POSITIVE_INFINITY);
  for (const { read } of started) await read();
  for (let round = 0; round < rounds; round++) {
    for (const [index, { decoder, read }] of started.entries()) {
      best[index] = Math.min(best[index]!, await read());
      rows[index]! += decoder.rowsRead / (sizes.layers * sizes.heads * rounds);
    }
  }
  return started.map(({ name, decoder, dispose }, index) => {
    const headBytes = 2 * (sizes.width / sizes.heads) * Float32Array.BYTES_PER_ELEMENT;
    const mebibytes = (decoder.cachedRows * headBytes) / 2 ** 20;
    dispose();
    const millisecondsAToken = best[index]!;
    return {
      name,
      context,
      millisecondsAToken,
      tokensASecond: 1000 / millisecondsAToken,
      row: rows[index]!,
      mebibytes,
    };
  });
}

interface Started {
  readonly name: string;
  readonly decoder: Decoder;
  /** Reads some tokens; gives milliseconds a token. */
  read(): Promise<number>;
  dispose(): void;
}

async function start(name: string, pattern: Pattern, context: number): Promise<Started> {
  const model = sparseTransformer(
    {
      ...sizes,
      vocabulary,
      length: context + (rounds + 1) * tokensARound,
      queryKeyWidth: sizes.width,
      feedForwardWidth: 4 * sizes.width,
      patterns: [pattern],
      positions: { kind: 'attention', stride: 128 },
      start: 'none',
      dropout: 0,
      weightScale: 'deviation',
    },
    { seed: 1 },
  );
  const decoder = createDecoder(model);
  const [opened] = await decoder.open([randomFrom(1).integers(context, vocabulary)]);
  return {
    name,
    decoder,
    read: () => timeTokens(decoder, opened!.sequence),
    dispose: () => disposeParameters(model),
  };
}

async function timeTokens(decoder: Decoder, sequence: Sequence): Promise<number> {
  const began = performance.now();
  for (let token = 0; token < tokensARound; token++)
    await decoder.step([sequence], [sequence.length % vocabulary]);
  return (performance.now() - began) / tokensARound;
}

/**
 * Dense attention whose prompt is read through a local window: reading 64k tokens densely takes minutes, and what a token
 * costs afterwards depends on how many rows the cache holds, not on the numbers in them.
 */
function denseAfterLocalPrompt(): Pattern {
  const { keys, lastQuery, allows } = causal();
  return { ...local({ window: 128 }), name: 'dense', hash: null, keys, lastQuery, allows };
}

function rootOf(context: number): number {
  return Math.round(Math.sqrt(context));
}
