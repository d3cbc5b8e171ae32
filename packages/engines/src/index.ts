export type { FallbackMode } from '@sparse-transformers/backend';
export { availableEngines, describeEngines, type EngineReport } from './describe-engines.ts';
export { type Engine, type EngineName, engineNames, type RunnableEngineName } from './engine.ts';
export { EngineError, type EngineProblem } from './engine-error.ts';
export type { EnginePackage, LoadedPackage, LoadPackage } from './load-package.ts';
export { type EngineOptions, useEngine } from './use-engine.ts';
