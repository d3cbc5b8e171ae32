import type { EngineName } from '@sparse-transformers/engines';

/** The engines that SPARSE_TEST_ENGINES names, with commas between; cpu and wasm unless set. */
export const demandedEngines = (process.env['SPARSE_TEST_ENGINES'] ?? 'cpu,wasm')
  .split(',')
  .map((name) => name.trim() as EngineName);
