/** The training loop, top to bottom: batch, loss, gradients, clip, step, average, log, evaluate, sample, save. */
import type { TokenBatch } from '@sparse-transformers/datasets';
import {
  accumulateGradients,
  bitsPerByte,
  clipByGlobalNorm,
  valueAndGradients,
  warmupCosine,
} from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import { unlessStopped } from '../command-line/index.ts';
import { evaluationBatches, lossesOf, rowsOf, trainingBatches } from '../data/index.ts';
import type {
  BestValidation,
  SoundCheckpoint,
  StepMetrics,
  TrainingState,
  ValidationMetrics,
} from '../run-folder/index.ts';
import { diskError, openRunLog, type RunLog } from '../run-folder/index.ts';
import {
  divergence,
  isSoundLoss,
  lookAtWeights,
  mostSkipsInARow,
  refuseStep,
  spoiledNote,
  writeBadBatch,
} from './divergence.ts';
import { evaluate, lastEvaluation } from './evaluate.ts';
import { memoryUse } from './memory-use.ts';
import { type Run, saveCheckpoint } from './run.ts';
import { drawSamples } from './samples.ts';
import { isDue, timeLimit, worksBeforeNextEnd } from './time-limit.ts';

/** What the loop tells, and what may end it early. */
export interface TrainOptions {
  /** Called after each step. */
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Called after each validation. */
  readonly onValidation?: (metrics: ValidationMetrics) => void;
  /** Called with a sentence that the user should see: a step that was skipped, samples that were written. */
  readonly onNote?: (note: string) => void;
  /** Ends the run after the step at hand, with a checkpoint; validation and samples that are not done then are, when the run goes on. */
  readonly signal?: AbortSignal;
  /**
   * Ends the run within so long, validated and saved: once another step would leave too little time for that. At least one step is taken.
   */
  readonly maxMinutes?: number;
  /** Ends the run, validated, when it has been trained on so many tokens, those of earlier calls included. */
  readonly maxTokens?: number;
  /** Milliseconds that time is told by; the clock's if not given. */
  readonly now?: () => number;
}

/** How a run ended. */
export interface Outcome {
  /** `finished`: all steps taken; `stopped` by the signal; `time` or `tokens`: by `maxMinutes` or `maxTokens`. All but `stopped` are validated. */
  readonly end: 'finished' | 'stopped' | 'time' | 'tokens';
  /** Steps taken since the run began. */
  readonly step: number;
  /** The newest validation, if there was one in this call. */
  readonly validation: ValidationMetrics | null;
}

/**
 * Trains until the configuration's steps are taken, the signal comes or a limit is reached; the last state is saved in each case.
 *
 * @throws DivergedError when the loss or its gradients are not finite or too large, DiskFullError when the disk is full; the run can be
 *   gone on with from its newest checkpoint in each case
 */
export async function train(run: Run, options: TrainOptions = {}): Promise<Outcome> {
  const { step, tokens, pending } = run.state;
  const isFinished = step >= run.config.training.steps;
  const isOver = isFinished || tokens >= (options.maxTokens ?? Number.POSITIVE_INFINITY);
  if (isOver && pending.length === 0)
    return { end: isFinished ? 'finished' : 'tokens', step, validation: null };
  let log: RunLog | null = null;
  try {
    log = await openRunLog(run);
    return await loop(run, log, options);
  } catch (error) {
    throw error instanceof Error ? diskError(run.folder, error) : error;
  } finally {
    log?.close();
  }
}

/** Why nothing can be drawn from spoiled weights, which must not keep a run from being saved. */
function undrawable(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  throw error;
}

/** The batch before, or else the one behind. */
function neighbourOf(batch: number): number {
  return batch > 0 ? batch - 1 : 1;
}

/** The newest checkpoint before some steps that was found sound, or else the best by validation. */
function soundBefore(
  steps: number,
  sound: SoundCheckpoint | null,
  best: BestValidation | null,
): number | null {
  if (sound !== null && sound.step < steps) return sound.step;
  return best !== null && best.step < steps ? best.step : null;
}

/** The windows of a validation ÷ those of a step. */
function validationSteps({ config: { model, validation, training }, data }: Run): number {
  const all = evaluationBatches(data.split('valid'), model, validation).batches * validation.batch;
  return Math.min(all, validation.windows) / training.batch;
}

/** One function on purpose: the order of events is what a reader comes for. */
async function loop(
  run: Run,
  log: RunLog,
  {
    onStep,
    onValidation,
    onNote,
    signal,
    maxMinutes = Number.POSITIVE_INFINITY,
    maxTokens = Number.POSITIVE_INFINITY,
    now = () => performance.now(),
  }: TrainOptions,
): Promise<Outcome> {
  const { config, model, optimizer, average, data, seed, folder } = run;
  const { batch, accumulate, steps, clipNorm, recompute, overfitBatch, notFinite } = config.training;
  const { peakLearningRate: peak, finalLearningRate: final, warmupSteps } = config.training;
  const learningRateAt = warmupCosine({ peak, final, warmupSteps, totalSteps: steps });
  const { cursor } = run.state;
  const batches = trainingBatches(data.split('train'), config.model, { batch, seed, cursor });
  /** Works with the averages in place of the weights, once there are any. */
  const averaged = <T>(work: () => Promise<T>): Promise<T> =>
    average !== null && average.updates() > 0 ? average.with(model.parameters, work) : work();
  const time = timeLimit({ maxMinutes, validationSteps: validationSteps(run), now });
  const isStopped = () => signal?.aborted === true;
  const endAfter = (taken: number, seen: number): Outcome['end'] | null => {
    if (taken >= steps) return 'finished';
    if (isStopped()) return 'stopped';
    if (seen >= maxTokens) return 'tokens';
    return time.hasTimeFor(worksBeforeNextEnd(config, step)) ? null : 'time';
  };
  let { step, tokens, seconds, best, sound, skipped, skippedInARow, meanLoss } = run.state;
  /** The newest batch that was trained on. */
  let trained: TokenBatch | null = null;
  let saved = step;
  let validation: ValidationMetrics | null = null;

  const limits = () => ({ meanLoss: sound?.loss ?? meanLoss, lossLimit: config.training.lossLimit });

  /** Evaluates, samples and saves after a step, as far as each is due. Tells why the run ends here, if it does. */
  const afterStep = async (left?: TrainingState['pending']): Promise<Outcome['end'] | null> => {
    const { samples, checkpoints } = config;
    let end = endAfter(step, tokens);
    const isLimit = end !== null && end !== 'stopped';
    const pending = new Set(left);
    if (left === undefined && (isDue(config.validation.every, step) || isLimit)) pending.add('validation');
    if (left === undefined && (isDue(samples.every, step) || (end === 'finished' && samples.every > 0)))
      pending.add('samples');

    // Evaluate
    let isBest = false;
    if (pending.has('validation') && !isStopped()) {
      const options = { ...config.validation, signal };
      const evaluation = await time.timed('validation', () =>
        unlessStopped(signal, () =>
          averaged(() => lastEvaluation(evaluate(model, data.split('valid'), options))),
        ),
      );
      if (evaluation !== null) {
        validation = { step, bits: bitsPerByte(evaluation.loss), ...evaluation };
        isBest = validation.loss < (best?.loss ?? Number.POSITIVE_INFINITY);
        if (isBest) best = { step, loss: validation.loss };
        await log.validation(validation);
        onValidation?.(validation);
        pending.delete('validation');
      }
    }

    // Sample
    if (pending.has('samples') && !isStopped()) {
      const drawn = await time
        .timed('samples', () => averaged(() => drawSamples(model, data, { ...samples, seed, signal })))
        .catch(undrawable);
      if (drawn !== null) {
        const told =
          typeof drawn === 'string' ? `no samples: ${drawn}` : `samples in ${await log.samples(step, drawn)}`;
        onNote?.(`step ${step}  ${told}`);
        pending.delete('samples');
      }
    }

    // Save, unless the run has only just come from there
    if (pending.size > 0 || (end === null && isStopped())) end = 'stopped';
    if (saved !== step && (isDue(checkpoints.every, step) || isBest || end !== null)) {
      const began = now();
      const look = trained && (await lookAtWeights(model, rowsOf(trained, 0, batch / accumulate), limits()));
      if (look?.isSound) sound = { step, loss: meanLoss };
      else if (look !== null) onNote?.(spoiledNote({ step, look, sound: sound?.step ?? null }));
      const counts = { step, tokens, seconds, best, sound, skipped, skippedInARow, meanLoss };
      const place = { pending: [...pending], cursor: batches.cursor() };
      const notes = await saveCheckpoint(run, { ...run.state, ...counts, ...place });
      time.took('save', now() - began);
      for (const note of notes) onNote?.(note);
      saved = step;
    }
    // A signal may have come while all was saved.
    return end ?? (isStopped() ? 'stopped' : null);
  };

  let end: Outcome['end'] | null = isStopped() ? 'stopped' : null;
  if (end === null && run.state.pending.length > 0) end = await afterStep(run.state.pending);
  while (end === null) {
    const stepBegan = now();

    // Batch
    const before = batches.cursor();
    const taken = overfitBatch ? await batches.at(0) : await batches.next();
    const learningRate = learningRateAt(step);

    // Loss and gradients, in as many parts as the memory asks for
    const rows = batch / accumulate;
    const { value, gradients } = accumulateGradients(accumulate, (part) => {
      const forward = { dropout: { seed, step: step * accumulate + part }, recompute };
      const some = rowsOf(taken, part * rows, (part + 1) * rows);
      return valueAndGradients(model.parameters, () =>
        tf.tidy(() => tf.mean(lossesOf(model, some, forward))),
      );
    });

    // Clip
    const clipped = clipByGlobalNorm(gradients, clipNorm);
    tf.dispose([...gradients.values()]);
    const loss = (await value.data())[0]!;
    const gradientNorm = (await clipped.norm.data())[0]!;
    const fault = divergence({ loss, gradientNorm, meanLoss }, config.training);

    // Step, unless it would spoil the weights
    if (fault === null) {
      // A checkpoint whose weights gave this loss.
      const isSound = saved === step && isSoundLoss(loss, limits());
      trained = taken;
      optimizer.step(model.parameters, clipped.gradients, { learningRate });
      average?.update(model.parameters);
      meanLoss = meanLoss === null ? loss : 0.98 * meanLoss + 0.02 * loss;
      if (isSound) sound = { step: saved, loss: meanLoss };
    }
    tf.dispose([value, clipped.norm, ...clipped.gradients.values()]);
    skippedInARow = fault === null ? 0 : skippedInARow + 1;
    if (fault !== null) {
      const place = await writeBadBatch(run, step + 1, before, taken);
      if (notFinite === 'stop' || skippedInARow > mostSkipsInARow) {
        const other = saved === step ? await batches.at(overfitBatch ? 0 : neighbourOf(before.next)) : null;
        const look = other && (await lookAtWeights(model, rowsOf(other, 0, rows), limits()));
        const known = look?.isSound ? saved : soundBefore(look === null ? saved + 1 : saved, sound, best);
        refuseStep({ folder, step: step + 1, saved, sound: known, look, fault, place, skippedInARow });
      }
      skipped += 1;
      onNote?.(`step ${step + 1} was skipped: ${fault}; its batch is in ${place}`);
    }
    step += 1;
    tokens += batch * taken.length;
    const stepSeconds = (now() - stepBegan) / 1000;
    seconds += stepSeconds;
    time.took('step', stepSeconds * 1000);

    // Log
    const figures = { step, loss, bits: bitsPerByte(loss), learningRate, gradientNorm, tokens, skipped };
    const tokensPerSecond = (batch * taken.length) / stepSeconds;
    const metrics = { ...figures, seconds, tokensPerSecond, ...memoryUse() };
    await log.step(metrics);
    onStep?.(metrics);

    end = await afterStep();
  }
  return { end, step, validation };
}
