/** What a run would be, told before it is begun. */

import { patternOfLayer } from '@sparse-transformers/models';
import { compile } from '@sparse-transformers/patterns';
import { trainingMemory } from '../estimate/index.ts';
import { type Assembly, startNotes } from './run.ts';

/** The account of `--dry-run`: what a run tells at its start, then model, plans, memory. */
export function describeRun(name: string, assembly: Assembly): string {
  const { data, model, config } = assembly;
  const { training, validation } = config;
  const { length, layers, vocabulary } = model.config;
  const trained = training.steps * training.batch * length;
  const tokens = data.split('train').tokens;
  const lines = [
    ...startNotes(name, assembly),
    `Tokens: ${data.tokenizer.kind}, ${vocabulary} ids`,
    `Training: ${count(training.steps)} steps of ${training.batch} × ${length} tokens, ${count(trained)} tokens, ${(trained / tokens).toFixed(2)} times the data`,
    `Validation: every ${count(validation.every)} steps, at most ${count(validation.windows)} windows`,
    `Model: ${layers} layers, ${count(parametersOf(model.parameters))} parameters`,
    ...plansOf(model.config),
    `Memory: about ${Math.ceil(trainingMemory(model.config, config).peak / 2 ** 20)} MiB of tensors at the peak of a step`,
  ];
  return `${lines.join('\n')}\n`;
}

function plansOf(config: Assembly['model']['config']): string[] {
  const layers = Array.from({ length: config.patterns.length }, (_, layer) => patternOfLayer(config, layer));
  return layers.map((pattern, layer) => {
    const which = layers.length === 1 ? 'All layers' : `Layer ${layer}, then every ${layers.length}th`;
    return `${which}:\n${compile(pattern, { queries: config.length }).explain()}`;
  });
}

/** How many numbers are trained. */
export function parametersOf(parameters: Assembly['model']['parameters']): number {
  return [...parameters.values()].reduce((sum, { size }) => sum + size, 0);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
