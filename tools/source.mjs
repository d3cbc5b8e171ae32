/**
 * Runs TypeScript source without a build:
 * `node --conditions=@sparse-transformers/source --import ./tools/source.mjs FILE.ts`.
 *
 * What is an entry of a package runs from a bundle of its source (bundled-source.mjs), and so do the packages that a program imports by
 * name; other TypeScript files run as they are.
 *
 * A program that loads tfjs-core's inner files, as the conformance suite does, needs extensions added: their imports lack them.
 */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { bundledSource } from './bundled-source.mjs';

const bundles = await bundledSource();
// A bundle needs nothing of it, nor does a program in JavaScript; it takes long to start.
if (isTypeScript(process.argv[1])) await import('tsx/esm');

/** What comes by --eval may import any file. */
function isTypeScript(program) {
  return program === undefined || (/\.m?ts$/.test(program) && !bundles.has(pathToFileURL(program).href));
}

const hook = `const bundles = new Map(${JSON.stringify([...bundles])});
export async function resolve(specifier, context, next) {
  const isInner = specifier.startsWith('.') && context.parentURL?.includes('/@tensorflow/tfjs-core/dist/');
  const found = await next(isInner && !specifier.endsWith('.js') ? specifier + '.js' : specifier, context);
  const bundle = bundles.get(found.url);
  return bundle === undefined ? found : { url: bundle, format: 'module' };
}`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);
