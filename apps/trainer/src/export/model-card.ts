import type { RunIdentity } from '../run-folder/index.ts';
import { sampleCommand } from './sample-command.ts';

/** What a card tells. */
export interface CardFacts {
  /** The run. */
  readonly identity: RunIdentity;
  /** How many numbers were trained. */
  readonly parameters: number;
  /** Steps taken. */
  readonly step: number;
  /** Tokens trained on. */
  readonly tokens: number;
  /** Whether the weights are the run's running average. */
  readonly isAveraged: boolean;
  /** What bits are counted in. */
  readonly unit: string;
  /** Bits on the validation split; null if these weights were not validated. */
  readonly bits: number | null;
}

/** The file of an export that `--config` takes. */
export const configurationFile = 'configuration.json';

function changed(changes: RunIdentity['changes']): string {
  const all = changes.map(
    ({ step, field, from, to }) =>
      `${field} from ${JSON.stringify(from)} to ${JSON.stringify(to)} after step ${step}`,
  );
  return `Changed on the way, so that a run with the file from its first step is another one: ${all.join('; ')}.`;
}

/** The README of exported weights, in Markdown: what they are, what made them, how to use them. Where the data lay is nobody's business. */
export function modelCard({ identity, parameters, step, tokens, isAveraged, unit, bits }: CardFacts): string {
  const { name, seed, engine, config, changes } = identity;
  const { model } = config;
  const count = (value: number) => value.toLocaleString('en-US');
  const reached =
    bits === null ? 'not validated at this step' : `${bits.toFixed(4)} ${unit} on the validation split`;
  return `# ${name}

A sparse transformer: ${model.layers} layers, width ${model.width}, ${model.heads} heads, ${count(model.length)} tokens at once, ${count(parameters)} parameters.

- Trained by \`sparse-train\`, configuration ${name}, on engine ${engine}, seed ${seed}: ${count(step)} steps, ${count(tokens)} tokens.
- ${reached[0]!.toUpperCase()}${reached.slice(1)}${isAveraged ? ', with the running average of the weights, which these are' : ''}.

| file | what |
| --- | --- |
| \`weights.safetensors\` | the weights, float32 |
| \`model.json\` | the shape of the model and its attention patterns |
| \`tokenizer.json\` | what a token is |
| \`configuration.json\` | the configuration that it was trained with |
| \`manifest.json\` | sizes and SHA-256 of the files |

Sample from it, with this folder as the run: \`${sampleCommand('FOLDER', config.data)}\`.

Train it again, on the same data:

\`\`\`sh
sparse-train --config FOLDER/${configurationFile} --data DATA --seed ${seed} --engine ${engine} --out RUN
\`\`\`
${changes.length === 0 ? '' : `\n${changed(changes)}\n`}`;
}
