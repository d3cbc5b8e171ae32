/** What a decoder refuses before it changes anything. */
import type { SparseTransformerConfig } from '../sparse-transformer/index.ts';

/** The most tokens that a model goes on from: the last of its length can only be predicted where a start vector shifts them. */
function mostTokensRead({ length, start }: SparseTransformerConfig): number {
  return start === 'learned' ? length - 1 : length;
}

/** Refuses prompts that the model can't go on from. */
export function checkPrompts(config: SparseTransformerConfig, prompts: readonly ArrayLike<number>[]): void {
  if (prompts.length === 0) throw new RangeError('open: at least one prompt is needed, but none came.');
  const [least, most] = [config.start === 'learned' ? 0 : 1, mostTokensRead(config)];
  prompts.forEach((prompt, index) => {
    if (prompt.length < least) {
      throw new RangeError(
        `open: prompt ${index} is empty, but this model goes on from at least one token: it has no learned start vector.`,
      );
    }
    if (prompt.length > most) {
      throw new RangeError(
        `open: prompt ${index} has ${prompt.length} tokens, but this model goes on from at most ${most}. Give its last ${most}.`,
      );
    }
    checkTokens(`open: prompt ${index}`, prompt, config.vocabulary);
  });
}

/** Refuses tokens that don't fit the sequences they are for. */
export function checkStep(
  config: SparseTransformerConfig,
  lengths: readonly number[],
  tokens: ArrayLike<number>,
): void {
  if (tokens.length !== lengths.length) {
    throw new RangeError(
      `step: ${lengths.length} tokens are needed, one a sequence, but ${tokens.length} came.`,
    );
  }
  checkTokens('step', tokens, config.vocabulary);
  const most = mostTokensRead(config);
  const full = lengths.findIndex((length) => length >= most);
  if (full < 0) return;
  throw new RangeError(
    `step: sequence ${full} has ${most} tokens already, the most that this model goes on from. ` +
      'Close it and open its last tokens as a prompt.',
  );
}

function checkTokens(where: string, tokens: ArrayLike<number>, vocabulary: number): void {
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    if (Number.isInteger(token) && token >= 0 && token < vocabulary) continue;
    throw new RangeError(
      `${where}: a token must be a whole number from 0 to ${vocabulary - 1}, but token ${index} is ${String(token)}.`,
    );
  }
}
