import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { contiguousWindows, openTextDataset, randomWindows } from '@sparse-transformers/datasets';

await writeFile('text.txt', 'To be, or not to be, that is the question. '.repeat(100));
const dataset = await openTextDataset('text.txt', { tokenizer: 'bytes', split: { train: 0.9, valid: 0.1 } });

const shape = { length: 32, batch: 4 };
const windows = randomWindows(dataset.split('train'), { ...shape, seed: 1 });
await windows.next();
const resumed = randomWindows(dataset.split('train'), { ...shape, seed: 1, cursor: windows.cursor() });
assert.deepEqual(await resumed.next(), await windows.next());

let evaluated = 0;
for await (const { count } of contiguousWindows(dataset.split('valid'), shape)) evaluated += count;
assert.ok(evaluated > 400 && evaluated < 430, `${evaluated} targets`);
await dataset.close();
console.log('ok');
