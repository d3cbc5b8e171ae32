/** The most that each tarball may weigh, in kB (1000 bytes), compressed as it is published. */
export const tarballLimitsKB: Record<string, number> = {
  patterns: 32,
  kernels: 55,
  backend: 55,
  'c-kernels': 90,
  'device-native': 700,
  'device-wasm': 600,
  engines: 14,
  layers: 10,
  models: 30,
  tokenizers: 10,
  datasets: 68,
  training: 32,
  testing: 25,
  trainer: 400,
  sampler: 3400,
};
