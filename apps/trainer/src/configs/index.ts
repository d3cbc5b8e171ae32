/** The named configurations. */
export { demo } from './demo.ts';
export { configNamed, configs } from './named.ts';
