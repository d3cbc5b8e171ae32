import { env } from '@tensorflow/tfjs-core';

/** Runs something while TensorFlow.js prints none of its warnings (its flag PROD), errors still being thrown. */
export async function withoutWarnings<Result>(run: () => Promise<Result>): Promise<Result> {
  const production = env().getBool('PROD');
  env().set('PROD', true);
  try {
    return await run();
  } finally {
    env().set('PROD', production);
  }
}
