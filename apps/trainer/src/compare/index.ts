/** Several runs side by side. */
export { type CompareOptions, compareAsHtml, compareAsSvg } from './compare.ts';
