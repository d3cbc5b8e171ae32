/** What a run would be, told before it is begun. */

import { patternOfLayer } from '@sparse-transformers/models';
import { compile } from '@sparse-transformers/patterns';
import type { Assembly } from './run.ts';

/** The account of `--dry-run`: engine, data, model, plans, memory. */
export function describeRun({ started, data, model, config }: Assembly): string {
  const { training, validation } = config;
  const { length, layers, vocabulary } = model.config;
  const trained = training.steps * training.batch * length;
  const [train, valid] = [data.split('train'), data.split('valid')];
  const lines = [
    `Engine ${started.name}: ${started.description} (${started.reason})`,
    `Data ${data.path}: ${count(data.tokens)} tokens (${data.tokenizer.kind}, ${vocabulary} ids), ${count(train.tokens)} to train on, ${count(valid.tokens)} to validate on`,
    `Training: ${count(training.steps)} steps of ${training.batch} × ${length} tokens, ${count(trained)} tokens, ${(trained / train.tokens).toFixed(2)} times the data`,
    `Validation: every ${count(validation.every)} steps, at most ${count(validation.windows)} windows`,
    `Model: ${layers} layers, ${count(parametersOf(model.parameters))} parameters`,
    ...plansOf(model.config),
    `Memory: about ${Math.ceil(trainingBytes({ model, config }) / 2 ** 20)} MiB of tensors at the peak of a step`,
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

/**
 * Bytes of weights, gradients and two moments, and of what the gradient tape keeps: some 24 tensors of the stream's width and 6 of the
 * feed-forward width a layer, the scores of the tiles, and the logits three times over.
 */
function trainingBytes({ model, config }: Pick<Assembly, 'model' | 'config'>): number {
  const { batch } = config.training;
  const { length, layers, width, heads, feedForwardWidth, vocabulary } = model.config;
  const cells = Array.from({ length: layers }, (_, layer) => {
    const { groups } = compile(patternOfLayer(model.config, layer), { queries: length });
    const passes = groups.flatMap((group) =>
      group.passes.map((pass) => ({ pass, share: group.heads?.length ?? heads })),
    );
    return passes.reduce(
      (sum, { pass: { fullTiles, partialTiles, tile }, share }) =>
        sum + share * (fullTiles + partialTiles) * tile * tile,
      0,
    );
  });
  const scores = 2 * batch * cells.reduce((sum, value) => sum + value, 0);
  const stream = batch * length * layers * (24 * width + 6 * feedForwardWidth);
  return 4 * (4 * parametersOf(model.parameters) + stream + scores + 3 * batch * length * vocabulary);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
