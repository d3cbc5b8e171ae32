/** Compiles one plan, cold, and prints as JSON what it cost: `compile-once.ts NAME`. */
import {
  type CompileOptions,
  compile,
  fixed,
  type Pattern,
  predicate,
  strided,
} from '@sparse-transformers/patterns';

const million: CompileOptions = { queries: 1_048_576 };
const square: CompileOptions = { queries: 16_384 };

const plans: Record<string, () => [Pattern, CompileOptions]> = {
  strided: () => [strided({ stride: 1024, window: 1025 }), million],
  fixed: () => [fixed({ block: 1024, summary: 1 }), million],
  'predicate-causal': () => [
    predicate((query, key) => query - key < 100 || key % 97 === 0, 'band and columns'),
    square,
  ],
  // The worst case: all cells are looked at, and every tile has a mask of its own.
  'predicate-distinct': () => [
    predicate((query, key) => ((query * 31 + key * 17) ^ (query * key)) % 7 === 0, 'scattered', {
      causal: false,
    }),
    square,
  ],
};

const plan = plans[process.argv[2] ?? ''];
if (plan === undefined) throw new Error(`compile-once: name one of ${Object.keys(plans).join(', ')}`);

const residentBefore = process.resourceUsage().maxRSS;
const cpuBefore = process.cpuUsage();
const start = performance.now();
const compiled = compile(...plan());
const milliseconds = performance.now() - start;
const { user, system } = process.cpuUsage(cpuBefore);
const megabytes = ((process.resourceUsage().maxRSS - residentBefore) * 1024) / 1e6;
console.log(
  JSON.stringify({
    milliseconds,
    processorMilliseconds: (user + system) / 1000,
    megabytes,
    tiles: compiled.tiles,
  }),
);
