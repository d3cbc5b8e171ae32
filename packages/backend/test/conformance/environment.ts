/** Tells the suite which backend it tests; it asks while its specs are loaded. */
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';

/** The name of the backend under test. */
export const backendName = 'conformance';

setTestEnvs([{ name: backendName, backendName, flags: {}, isDataSync: true }]);
