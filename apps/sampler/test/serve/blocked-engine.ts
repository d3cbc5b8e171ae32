/**
 * A model's process whose forward pass keeps its thread until a file is there, as a long one would. Its arguments are: a file that it writes when it
 * blocks, and the file that lets it go on.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { hostEngine } from '../../src/serve/engine-host.ts';
import type { FromEngine, ToEngine } from '../../src/serve/engine-protocol.ts';
import { fakeModel } from './fake-model.ts';

const [blocked, goOn] = (process.env['SPARSE_TEST_FILES'] ?? '').split('\n');
const model = fakeModel();
model.beforeStep = () => {
  writeFileSync(blocked!, '');
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(goOn!)) Atomics.wait(never, 0, 0, 5);
};
const send = (message: FromEngine) => void process.send!(message);
const host = hostEngine(model, { batch: 4, promptTokens: 100 }, send);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToEngine) => {
  if (message.kind === 'start') send({ kind: 'ready', info: { length: model.length, notes: '' } });
  else host.receive(message);
});
