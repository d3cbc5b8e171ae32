/**
 * Runs TypeScript source without a build:
 * `node --conditions=@sparse-transformers/source --import ./tools/source.mjs FILE.ts`.
 *
 * The source's import of tfjs-core's gradients finds them bundled. A program that loads more of tfjs-core's inner files, as the conformance suite
 * does, needs extensions added: their imports lack them.
 */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import 'tsx/esm';

const { innerName, stockGradientsFile } = await import('./stock-gradients-file.ts');
const bundle = pathToFileURL(await stockGradientsFile()).href;

const hook = `export function resolve(specifier, context, next) {
  if (specifier === '${innerName}' && context.parentURL?.endsWith('/packages/kernels/src/stock-gradients.ts'))
    return { url: '${bundle}', format: 'module', shortCircuit: true };
  const isInner = specifier.startsWith('.') && context.parentURL?.includes('/@tensorflow/tfjs-core/dist/');
  return next(isInner && !specifier.endsWith('.js') ? specifier + '.js' : specifier, context);
}`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);
