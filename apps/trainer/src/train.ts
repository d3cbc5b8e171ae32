/** The training loop, top to bottom: batch, loss, gradients, clip, step, log, evaluate, save. */
import { join } from 'node:path';
import { randomWindows } from '@sparse-transformers/datasets';
import { crossEntropy } from '@sparse-transformers/kernels';
import {
  bitsPerByte,
  clipByGlobalNorm,
  valueAndGradients,
  warmupCosine,
} from '@sparse-transformers/training';
import * as tf from '@tensorflow/tfjs-core';
import { evaluate } from './evaluate.ts';
import { appendLine, cutBehind, type StepMetrics, type ValidationMetrics } from './metrics-file.ts';
import { diskError, type Run, saveCheckpoint } from './run.ts';
import { TrainerError } from './trainer-error.ts';

/** What the loop tells, and what may end it early. */
export interface TrainOptions {
  /** Called after each step. */
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Called after each validation. */
  readonly onValidation?: (metrics: ValidationMetrics) => void;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Ends the run likewise when it has worked so long. */
  readonly maxMinutes?: number;
}

/** How a run ended. */
export interface Outcome {
  /** `finished`: all steps taken; `stopped` by the signal; `time`: `maxMinutes` are over. */
  readonly end: 'finished' | 'stopped' | 'time';
  /** Steps taken since the run began. */
  readonly step: number;
  /** The newest validation, if there was one in this call. */
  readonly validation: ValidationMetrics | null;
}

/**
 * Trains until the configuration's steps are taken, the signal comes or the time is over; the last state is saved in each case.
 *
 * @throws TrainerError when the loss or its gradients are not finite, or the disk is full; earlier checkpoints stay
 */
export async function train(
  run: Run,
  { onStep, onValidation, signal, maxMinutes = Number.POSITIVE_INFINITY }: TrainOptions = {},
): Promise<Outcome> {
  const { config, model, optimizer, dataset, seed, folder } = run;
  const { batch, steps, peakLearningRate, finalLearningRate, warmupSteps, clipNorm } = config.training;
  const { length } = config.model;
  const learningRateAt = warmupCosine({
    peak: peakLearningRate,
    final: finalLearningRate,
    warmupSteps,
    totalSteps: steps,
  });
  const windows = randomWindows(dataset.split('train'), {
    length,
    batch,
    seed,
    ...(run.state.cursor === null ? {} : { cursor: run.state.cursor }),
  });
  const [metricsPath, validationPath] = [join(folder, 'metrics.jsonl'), join(folder, 'validation.jsonl')];
  const began = performance.now();
  let { step, tokens, seconds, best } = run.state;
  let saved = step;
  let validation: ValidationMetrics | null = null;
  let end: Outcome['end'] | null = step >= steps ? 'finished' : null;
  try {
    cutBehind(metricsPath, step);
    cutBehind(validationPath, step);

    while (end === null) {
      const stepBegan = performance.now();

      // Batch
      const { inputs, targets } = await windows.next();
      const learningRate = learningRateAt(step);

      const { loss, gradientNorm } = tf.tidy(() => {
        const [x, y] = [
          tf.tensor2d(inputs, [batch, length], 'int32'),
          tf.tensor2d(targets, [batch, length], 'int32'),
        ];

        // Loss and gradients
        const { value, gradients } = valueAndGradients(model.parameters, () =>
          tf.mean(crossEntropy(model.apply(x, { dropout: { seed, step } }), y)),
        );

        // Clip
        const clipped = clipByGlobalNorm(gradients, clipNorm);
        const figures = { loss: value.dataSync()[0]!, gradientNorm: clipped.norm.dataSync()[0]! };
        refuseNotFinite(folder, step + 1, saved, figures);

        // Step
        optimizer.step(model.parameters, clipped.gradients, { learningRate });
        return figures;
      });
      step += 1;
      tokens += batch * length;
      seconds += (performance.now() - stepBegan) / 1000;

      // Log
      const metrics = { step, loss, bits: bitsPerByte(loss), learningRate, gradientNorm, tokens, seconds };
      appendLine(metricsPath, metrics);
      onStep?.(metrics);

      if (step >= steps) end = 'finished';
      else if (signal?.aborted) end = 'stopped';
      else if (performance.now() - began >= maxMinutes * 60_000) end = 'time';

      // Evaluate
      if (step % config.validation.every === 0 || end === 'finished') {
        const evaluation = await evaluate(model, dataset.split('valid'), config.validation);
        validation = { step, bits: bitsPerByte(evaluation.loss), ...evaluation };
        if (best === null || validation.loss < best.loss) best = { step, loss: validation.loss };
        appendLine(validationPath, validation);
        onValidation?.(validation);
      }

      // Save
      if (step % config.checkpoints.every === 0 || end !== null) {
        await saveCheckpoint(run, { ...run.state, step, tokens, seconds, best, cursor: windows.cursor() });
        saved = step;
      }
    }
  } catch (error) {
    throw error instanceof Error ? diskError(folder, error) : error;
  }
  return { end, step, validation };
}

/** The step would spoil the weights, so it is not taken. */
function refuseNotFinite(
  folder: string,
  step: number,
  saved: number,
  figures: { loss: number; gradientNorm: number },
): void {
  const { loss, gradientNorm } = figures;
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return;
  const what = Number.isFinite(loss) ? `the norm of the gradients is ${gradientNorm}` : `the loss is ${loss}`;
  throw new TrainerError(
    `step ${step}: ${what}, which is no finite number, so the run ends here and the step was not taken. The checkpoint of step ${saved} in ${folder} ` +
      'is sound. Begin another run with a smaller --training.peakLearningRate or --training.clipNorm.',
  );
}
