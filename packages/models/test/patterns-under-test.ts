/** One of every kind of pattern, none of whose sizes divides a tile. */
import {
  and,
  blockLocal,
  causal,
  column,
  fixed,
  local,
  or,
  type Pattern,
  perHead,
  predicate,
  strided,
  summary,
} from '@sparse-transformers/patterns';
import type { SparseTransformerConfig } from '../src/index.ts';

/** The patterns of a model's layers, by name. They are for four heads. */
export const patternsUnderTest: readonly (readonly [name: string, patterns: readonly Pattern[]])[] = [
  ['causal', [causal()]],
  ['local', [local({ window: 37 })]],
  ['column', [column({ stride: 9 })]],
  ['strided', [strided({ stride: 15 })]],
  ["strided with the paper's window", [strided({ stride: 15, window: 16 })]],
  ['blockLocal', [blockLocal({ block: 23 })]],
  ['summary', [summary({ block: 14, summary: 3 })]],
  ['fixed', [fixed({ block: 14, summary: 3 })]],
  ['and', [and(local({ window: 50 }), column({ stride: 3 }))]],
  ['or', [or(local({ window: 5 }), summary({ block: 21, summary: 2 }))]],
  ['slots per head', [perHead([0, 1, 2, 3].map((slot) => fixed({ block: 16, summary: 3, slot })))]],
  [
    'mixed per head',
    [perHead([causal(), local({ window: 9 }), column({ stride: 11 }), summary({ block: 10, summary: 2 })])],
  ],
  ['predicate', [predicate((query, key) => (query * 7 + key * 3) % 5 < 2, 'scattered')]],
  ['interleaved', [local({ window: 12 }), column({ stride: 12 })]],
];

/** Models of each kind of data, small. */
export const kindsUnderTest: readonly (readonly [
  string,
  readonly Pattern[],
  Partial<SparseTransformerConfig>,
])[] = [
  ['a text model', patternsUnderTest.find(([name]) => name === 'slots per head')![1], {}],
  [
    'an image model with a learned start and narrow queries',
    patternsUnderTest.find(([name]) => name === 'interleaved')![1],
    {
      length: 6 * 4 * 3,
      positions: { kind: 'image', rows: 6, columns: 4, channels: 3 },
      start: 'learned',
      width: 16,
      queryKeyWidth: 8,
    },
  ],
  [
    'an audio model with a learned start',
    patternsUnderTest.find(([name]) => name === 'strided')![1],
    { vocabulary: 40, start: 'learned' },
  ],
];
