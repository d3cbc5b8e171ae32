// Run by memory.test.ts as a process of its own: opens a file, reads windows from all over it, prints the memory used.
import { openTextDataset, randomWindows } from '../src/index.ts';

const [path = ''] = process.argv.slice(2);
const dataset = await openTextDataset(path, { tokenizer: 'bytes' });
const windows = randomWindows(dataset.split('train'), { length: 1024, batch: 16, seed: 1 });
for (let step = 0; step < 500; step++) await windows.next();
await dataset.close();
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ tokens: dataset.tokens, peakBytes }));
