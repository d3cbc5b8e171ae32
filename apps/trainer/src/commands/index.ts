/** The subcommands. */
export { compareCommand } from './compare.ts';
export { doctorCommand } from './doctor.ts';
export { estimateCommand } from './estimate.ts';
export { evalCommand } from './eval.ts';
export { exportCommand } from './export.ts';
export { reportCommand } from './report.ts';
export { trainCommand } from './train.ts';
