/** What this machine can do. */
export { doctor } from './doctor.ts';
export { examineEngine } from './examine-engine.ts';
export { libraries } from './libraries.ts';
export { machine } from './machine.ts';
export { writeExamination, writeReport } from './write-report.ts';
