/** The most that each tarball may weigh, in kB (1000 bytes), compressed as it is published. */
export const tarballLimitsKB: Record<string, number> = {
  patterns: 40,
  kernels: 70,
  engines: 20,
  layers: 20,
  models: 30,
  tokenizers: 15,
  datasets: 20,
  training: 25,
  testing: 30,
  trainer: 400,
  sampler: 30,
};
