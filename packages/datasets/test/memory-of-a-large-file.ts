// Run by memory.test.ts as a process of its own: opens a text, reads windows from all over it, prints the memory used.
import { openTextDataset, randomWindows } from '../src/index.ts';
import { peakMemory } from './peak-memory.ts';

const [path = '', cacheFolder = ''] = process.argv.slice(2);
const dataset = await openTextDataset(path, { tokenizer: 'bytes', cacheFolder, onBadInput: 'skip' });
const windows = randomWindows(dataset.split('train'), { length: 512, batch: 16, seed: 1 });
for (let step = 0; step < 500; step++) await windows.next();
await dataset.close();
const peakBytes = peakMemory();
process.stdout.write(JSON.stringify({ tokens: dataset.tokens, skipped: dataset.skipped.length, peakBytes }));
