/** A run as a page. */
export { type Curve, chart, colourCount, colourVariables } from './chart.ts';
export { type CurveBase, type Curves, meanSpeed, readCurves } from './curves.ts';
export { type Content, Markup, markup } from './markup.ts';
export { page } from './page.ts';
export { reportFile, reportOf, writeReport } from './report.ts';
export { type Session, type SessionSource, type SkippedCount, sessionFile, sessionLine } from './session.ts';
export { smoothed, smoothedEnd } from './smooth.ts';
export { count, duration } from './words.ts';
