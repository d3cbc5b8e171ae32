/** The loop, and what it works on. */
export { describeRun, parametersOf } from './dry-run.ts';
export { type EvaluateOptions, type Evaluation, evaluate, type PartialEvaluation } from './evaluate.ts';
export {
  assemble,
  learnerOf,
  type ResumeRequest,
  type Run,
  reopenData,
  resumeRun,
  type StartRequest,
  startEngine,
  startRun,
} from './run.ts';
export { type Outcome, type TrainOptions, train } from './train.ts';
