import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import { defineKernel } from '../dispatch.ts';
import type { QuickGeluInputs } from './composed.ts';
import { composedQuickGeluGradient } from './composed.ts';

const runGradient = defineKernel({ name: 'QuickGeluGradient', composed: composedQuickGeluGradient });

/** Keeps x alone: the gate is computed again. */
export const quickGeluGradient: KernelGradient<QuickGeluInputs, object, Tensor> = {
  savedInputs: ['x'],
  run: (dy, [x]) => ({ x: () => runGradient({ dy, x: x! }, {}) }),
};
