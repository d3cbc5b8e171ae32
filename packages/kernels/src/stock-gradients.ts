// TensorFlow.js registers the gradients of its own ops only in its browser entry; in Node `tf.grad` would find none.
// The registry is global, so this one import serves every copy of tfjs-core in the process.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { registerEinsumGradient } from './einsum/gradient.ts';

// The one that TensorFlow.js lacks.
registerEinsumGradient();
