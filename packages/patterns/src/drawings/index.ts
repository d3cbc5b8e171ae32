/** Patterns as text and as pictures. */
export { type DrawOptions, draw } from './draw.ts';
export { type SvgOptions, toSvg } from './to-svg.ts';
