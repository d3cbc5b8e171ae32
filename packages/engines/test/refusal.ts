import { EngineError, type EngineName, type EngineOptions, useEngine } from '../src/index.ts';

/** The error of an engine that must not start. */
export async function refusal(name: string, options?: EngineOptions): Promise<EngineError> {
  const error = await useEngine(name as EngineName, options).then(
    (engine) => new Error(`${engine.name} started`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EngineError)) throw error;
  return error;
}
