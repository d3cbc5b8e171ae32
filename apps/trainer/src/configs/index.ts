/** The named configurations, and files of one's own. */
export { configGiven } from './config-file.ts';
export { demo } from './demo.ts';
export { configs } from './named.ts';
