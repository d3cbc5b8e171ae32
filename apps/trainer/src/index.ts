/**
 * Trains sparse transformers: the loop, run folders and configurations behind the command `sparse-train`.
 *
 * @packageDocumentation
 */
export { train } from './train.ts';
