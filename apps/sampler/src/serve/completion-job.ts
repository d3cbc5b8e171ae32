/** What the HTTP side asks of the model's process, and what comes back: plain data that can be sent between processes. */

/** How the tokens of one completion are chosen. */
interface TokenChoice {
  /** Divides the logits; 0 takes the likeliest. */
  readonly temperature: number;
  /** Chooses from so many of the likeliest; undefined: from all. */
  readonly topK: number | undefined;
  /** Chooses from the likeliest whose probabilities together reach this, above 0 to 1; undefined: from all. */
  readonly topP: number | undefined;
  /** Taken from the logit of a token for each time that it was generated, −2 to 2. */
  readonly frequencyPenalty: number;
  /** Taken once from the logit of each token that was generated, −2 to 2. */
  readonly presencePenalty: number;
  /** Added to the logits of single tokens: token ids with −100 to 100. */
  readonly logitBias: readonly (readonly [token: number, bias: number])[];
}

/** A checked request for completions. */
export interface CompletionJob {
  /** What to go on from: texts, or token ids. */
  readonly prompts: readonly (string | Int32Array)[];
  /** Completions of each prompt; completion c of prompt p has the index p · choices + c. */
  readonly choices: number;
  /** The most new tokens of each, from 0, for which there must be room; or so many, if the model has room for them. */
  readonly maxTokens: number | { readonly atMost: number };
  /** The same seed gives the same texts on the same engine. */
  readonly seed: number;
  /** How tokens are chosen. */
  readonly choice: TokenChoice;
  /** A text ends before the first of these. */
  readonly stops: readonly string[];
  /** True if the texts begin with their prompts. */
  readonly isEchoed: boolean;
  /** How many of the likeliest tokens are told at each place; undefined: no log-probabilities at all. */
  readonly logprobs: number | undefined;
}

/** One token of a text, with what the model thought of it. */
export interface TokenReport {
  /** Its text; `bytes:\xNN` for a byte that is no character by itself. */
  readonly text: string;
  /** Characters (code points) of the choice's text before it. */
  readonly offset: number;
  /** The natural logarithm of its probability at temperature 1; null for a first token that nothing stands before. */
  readonly logprob: number | null;
  /** The likeliest tokens' texts with their log-probabilities, the token itself among them; null as above. */
  readonly top: Readonly<Record<string, number>> | null;
}

/** Why a completion ended: at a stop string, or at its most tokens. */
export type FinishReason = 'stop' | 'length';

/** What is new of one completion. */
export interface Piece {
  /** Which completion of the job. */
  readonly index: number;
  /** New text; perhaps none. */
  readonly text: string;
  /** The tokens of that text, if log-probabilities are asked for. */
  readonly tokens: readonly TokenReport[];
  /** Set in the last piece. */
  readonly finish: FinishReason | null;
  /** Tokens generated since the piece before, those that are never shown among them. */
  readonly generated: number;
}

/** A refusal of a request, as OpenAI's clients read it. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: number;
  /** What was expected, what came, the way out. */
  readonly message: string;
  /** The field, if it is the fault of one. */
  readonly param: string | null;
  /** A word for programs. */
  readonly code: string | null;
}

/** What happens to a job, in order: accepted, pieces, until every completion is finished; or refused, at any moment. */
export type JobEvent =
  | { readonly kind: 'accepted'; readonly promptTokens: number }
  | { readonly kind: 'started' }
  | { readonly kind: 'piece'; readonly piece: Piece }
  | { readonly kind: 'refused'; readonly refusal: Refusal };
