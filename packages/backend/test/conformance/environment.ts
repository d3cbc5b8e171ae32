/** Tells the suite which backend it tests, that of run.ts; it asks while its specs are loaded. */
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';

setTestEnvs([{ name: 'conformance', backendName: 'conformance', flags: {}, isDataSync: true }]);
