/**
 * Runs TypeScript source without a build:
 * `node --conditions=@sparse-transformers/source --import ./tools/source.mjs FILE.ts`.
 *
 * Node cannot load tfjs-core's gradient files by itself, since their imports lack extensions; the built kernels have
 * them bundled. This adds the extensions.
 */
import { register } from 'node:module';
import 'tsx/esm';

const hook = `export function resolve(specifier, context, next) {
  const isInner = specifier.startsWith('.') && context.parentURL?.includes('/@tensorflow/tfjs-core/dist/');
  return next(isInner && !specifier.endsWith('.js') ? specifier + '.js' : specifier, context);
}`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);
