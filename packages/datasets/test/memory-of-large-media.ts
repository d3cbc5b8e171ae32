// Run by media-memory.test.ts as a process of its own: opens files of records and of sound, reads some, prints the memory used.
import { openAudioDataset, openImageDataset } from '../src/index.ts';
import { peakMemory } from './peak-memory.ts';

const [records = '', sound = '', cacheFolder = ''] = process.argv.slice(2);
const images = await openImageDataset(records, { rows: 32, columns: 32, cacheFolder });
const audio = await openAudioDataset(sound, { cacheFolder });
const tokens = new Int32Array(3072);
for (const dataset of [images, audio]) {
  await dataset.split('valid').read(0, tokens);
  await dataset.close();
}
const peakBytes = peakMemory();
process.stdout.write(JSON.stringify({ images: images.tokens, audio: audio.tokens, peakBytes }));
