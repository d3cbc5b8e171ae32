/** What is bundled: gradients and chained ops of the bundle's own tfjs-core, then every spec. */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import './environment.ts';
import '@tensorflow/tfjs-core/dist/tests.js';
