/** The data of a run, and its batches. */
export { evaluationBatches, lossesOf, rowsOf, trainingBatches } from './batches.ts';
export { dataNotes, knownNotes } from './data-notes.ts';
export { type DataPlaces, openRunData, type RunData, reopenRunData, type SplitName } from './run-data.ts';
