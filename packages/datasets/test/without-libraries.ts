// Run by optional-libraries.test.ts as a process of its own, in which no library is installed: opens files, prints the refusals.
import { register } from 'node:module';

const hook = `export function resolve(specifier, context, next) {
  if (!/^(sharp|@wasm-audio-decoders|@alexanderolsen)/.test(specifier)) return next(specifier, context);
  throw Object.assign(new Error('no such package'), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const { openAudioDataset, openImageDataset } = await import('../src/index.ts');
const [folder = '', ...files] = process.argv.slice(2);
const options = { cacheFolder: folder, onBadInput: 'skip' } as const;
const refusals: unknown[] = [];
for (const file of files) {
  const opening = file.endsWith('.png')
    ? openImageDataset(file, { rows: 2, columns: 2, ...options })
    : openAudioDataset(file, options);
  refusals.push(await opening.catch(({ reason, message }) => ({ reason, message })));
}
process.stdout.write(JSON.stringify(refusals));
