import * as tf from '@tensorflow/tfjs-core';

/** What our own backend says of its memory. */
interface AllocatorMemory {
  allocatorMemory(): { readonly used: number; readonly kept: number };
}

/** Bytes that the active engine holds: by its allocator if it tells, else by TensorFlow.js's count of tensors; and the process's. */
export function memoryUse(): { deviceBytes: number; processBytes: number } {
  const backend: object = tf.backend();
  const { used, kept } = tellsMemory(backend)
    ? backend.allocatorMemory()
    : { used: tf.memory().numBytes, kept: 0 };
  return { deviceBytes: used + kept, processBytes: process.memoryUsage.rss() };
}

function tellsMemory(backend: object): backend is AllocatorMemory {
  return 'allocatorMemory' in backend;
}
