/** WebGPU: the stock backend of TensorFlow.js, in browsers, and in Node with a package that brings `navigator.gpu`. */
import { backend, type DataId, type DataStorage, type KernelBackend } from '@tensorflow/tfjs-core';
import type { StartedEngine, StartOptions } from './engine.ts';
import { brokenEngine, detail, type EngineNeed, loadEnginePackage, missingEngine } from './engine-package.ts';
import { versionIn } from './load-package.ts';
import { nodeModule } from './node-module.ts';
import { readProperty } from './read-property.ts';
import { startBackend } from './start-backend.ts';

const need: EngineNeed = {
  engine: 'webgpu',
  packages: ['@tensorflow/tfjs-backend-webgpu'],
  wayOut: 'Install it with: npm install @tensorflow/tfjs-backend-webgpu@4.22.0',
};

const isInNode = nodeModule('node:os') !== null;

/** Where there is no WebGPU: a page can't bring it, a program under Node can. */
const gpuNeed: EngineNeed = {
  ...need,
  wayOut: isInNode
    ? 'Node has none of its own: npm install webgpu@0.6.2, and before the engine starts: ' +
      "const { create, globals } = await import('webgpu'); Object.assign(globalThis, globals); " +
      "Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true })"
    : 'Take a browser with WebGPU: Chrome or Edge from 113, Safari from 26, Firefox from 141',
};

/** Where there is no GPU for it. */
const adapterNeed: EngineNeed = {
  ...need,
  wayOut: `It needs a GPU with a Vulkan, Metal or Direct3D 12 driver that this ${isInNode ? 'process' : 'browser'} may use`,
};

/** Starts the backend `webgpu`. The adapter is asked for first: without one TensorFlow.js would compute on the cpu and say nothing. */
export async function startWebGpu({ loadPackage }: StartOptions): Promise<StartedEngine> {
  const adapter = await requestAdapter();
  const loaded = await loadEnginePackage(need, loadPackage);
  await startBackend(need, 'webgpu');
  refuseReadsAtOnce(backend() as WebGpuBackend);
  const version = versionIn(loaded.folder) ?? 'unknown version';
  return {
    name: 'webgpu',
    backendName: 'webgpu',
    version,
    description: `${loaded.name} ${version}: WebGPU on ${nameOf(adapter)}`,
    threads: 1,
    composed: 'all',
  };
}

async function requestAdapter(): Promise<unknown> {
  const gpu = readProperty(globalThis, 'navigator', 'gpu');
  const request = readProperty(gpu, 'requestAdapter');
  if (typeof request !== 'function') throw missingEngine(gpuNeed, 'there is no navigator.gpu here');
  let adapter: unknown;
  try {
    adapter = await Reflect.apply(request, gpu, []);
  } catch (cause) {
    throw brokenEngine(adapterNeed, `navigator.gpu gives no adapter${detail(cause)}`, cause);
  }
  if (adapter) return adapter;
  throw missingEngine(adapterNeed, 'navigator.gpu finds no GPU that it can use');
}

/** What the adapter says of itself; browsers may keep it to themselves. */
function nameOf(adapter: unknown): string {
  const words = ['vendor', 'architecture', 'description'].map((key) => readProperty(adapter, 'info', key));
  return words.filter((word) => typeof word === 'string' && word !== '').join(' ') || 'an unnamed GPU';
}

/** What is read here of TensorFlow.js's backend. */
interface WebGpuBackend extends KernelBackend {
  /** `values`: what lies on the host, too. */
  readonly tensorMap: Pick<DataStorage<{ readonly values?: unknown; readonly dtype: string }>, 'get'>;
}

const refusing = new WeakSet<KernelBackend>();

/**
 * Makes a read that doesn't wait an error. The backend reads through a canvas, which in some browsers gives zeros, and keeps what it got: from
 * then on even a read that waits gives zeros. What lies on the host can be read.
 */
function refuseReadsAtOnce(gpu: WebGpuBackend): void {
  if (refusing.has(gpu)) return;
  refusing.add(gpu);
  const read = gpu.readSync.bind(gpu);
  gpu.readSync = (dataId: DataId) => {
    const { values, dtype } = gpu.tensorMap.get(dataId);
    // The parts of complex numbers come here again.
    if (values != null || dtype === 'string' || dtype === 'complex64') return read(dataId);
    throw new Error(
      "dataSync: the engine 'webgpu' can't be read without waiting (by dataSync, arraySync, print or an op that computes on the host): " +
        'use await tensor.data() or await tensor.array().',
    );
  };
}
