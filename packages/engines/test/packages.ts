import type { EnginePackage, LoadedPackage, LoadPackage } from '../src/index.ts';

/** A loader that finds only the packages given: what they export, or an error that their import throws. */
export function only(packages: Partial<Record<EnginePackage, LoadedPackage | Error>>): LoadPackage {
  const found = new Map(Object.entries(packages));
  return async (name) => {
    const entry = found.get(name) ?? null;
    if (entry instanceof Error) throw entry;
    return entry;
  };
}

/** The installed cpu backend, as a loader gives it. */
export async function cpuPackage(): Promise<LoadedPackage> {
  return { exports: await import('@tensorflow/tfjs-backend-cpu'), folder: '/anywhere' };
}
