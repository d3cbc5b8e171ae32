/** Event files for TensorBoard. */

export type { AudioValue, EventValue, ImageValue, ScalarValue, TextValue } from './event.ts';
export { type EventFile, openEventFile } from './event-file.ts';
