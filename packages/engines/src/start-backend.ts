import { engine, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import { brokenEngine, type EngineNeed } from './engine-package.ts';

type Registration = ReturnType<typeof engine>['registryFactory'][string];

/** How backends are made. A package says it once, when it is loaded; a program may take it from the registry. */
const registrations = new Map<string, Registration>();

/** Makes a registered backend TensorFlow.js's active one and waits until it has started. */
export async function startBackend(need: EngineNeed, backendName: string): Promise<void> {
  if (!isRegistered(backendName)) throw brokenEngine(need, noBackend(backendName));
  let cause: unknown;
  try {
    if (await setBackend(backendName)) return;
  } catch (error) {
    cause = error;
  }
  throw brokenEngine(need, `TensorFlow.js could not start its backend '${backendName}'`, cause);
}

/** True if it is, or was when it was started before: then it is again. */
function isRegistered(backendName: string): boolean {
  const registration = engine().registryFactory[backendName];
  if (registration !== undefined) {
    registrations.set(backendName, registration);
    return true;
  }
  const before = registrations.get(backendName);
  return before !== undefined && registerBackend(backendName, before.factory, before.priority);
}

const noBackend = (name: string) =>
  `TensorFlow.js could not start its backend '${name}': nothing has registered it, or removeBackend('${name}') took it away ` +
  'before this engine was used';
