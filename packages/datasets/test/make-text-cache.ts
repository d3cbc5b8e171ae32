// Run by token-cache.test.ts as a process of its own: opens a text, making its tokens, and prints them. With a third
// argument it dies that many reports into tokenising, as if it were killed.
import { openTextDataset } from '../src/index.ts';

const [path = '', cacheFolder = '', reports = ''] = process.argv.slice(2);
let left = reports === '' ? Number.POSITIVE_INFINITY : Number(reports);
const dataset = await openTextDataset(path, {
  tokenizer: 'bytes',
  split: { all: 1 },
  cacheFolder,
  shardBytes: 2 ** 18,
  onProgress({ step }) {
    if (step === 'tokenising' && --left <= 0) process.kill(process.pid, 'SIGKILL');
  },
});
const ids = new Int32Array(dataset.tokens);
await dataset.split('all').read(0, ids);
await dataset.close();
process.stdout.write(JSON.stringify({ fingerprint: dataset.fingerprint, last: ids.at(-1) }));
