/** A run as a page. */
export { type Curve, chart, colourCount, colourVariables } from './chart.ts';
export { type CurveBase, type Curves, readCurves } from './curves.ts';
export { type Content, Markup, markup } from './markup.ts';
export { page } from './page.ts';
export { reportFile, reportOf, writeReport } from './report.ts';
export type { Span } from './series.ts';
export { type Session, type SessionSource, type SkippedCount, sessionFile, sessionLine } from './session.ts';
export { count, duration } from './words.ts';
