/** Samples of text, to standard output: one as it comes, several one after the other, once those that are decoded side by side are there. */
import type { StreamDecoder, Tokenizer } from '@sparse-transformers/tokenizers';
import type { Surroundings, TextOutput } from './main.ts';
import { refuseOptions, type SampleSink, type SamplingPlan } from './medium.ts';
import { checkRoom, readBeginning } from './prompt.ts';
import type { SampleRequest } from './request.ts';
import type { SavedModel } from './saved-model.ts';

/** All control characters but tabs and ends of lines. */
const controls = /(?![\t\n])\p{Cc}/gu;

/** Plans samples of text. */
export async function planText(
  { config }: SavedModel,
  tokenizer: Tokenizer,
  request: SampleRequest,
  { output, input }: Surroundings,
): Promise<SamplingPlan> {
  refuseOptions(request, tokenizer.dataKind, {
    promptRows: 'Leave it out, or shorten the text.',
    promptSeconds: 'Leave it out, or shorten the text.',
    promptStart: 'Leave it out, or give the text from there on, with --prompt.',
    seconds: 'Give --tokens.',
    scale: 'Leave it out.',
    out: 'Text goes to standard output: write > file.txt.',
  });
  const { text, prompt } = await readBeginning(request, input, tokenizer, config.start === 'learned');
  const tokens = checkRoom(prompt.length, request.tokens, config.length);
  const texts = Array.from({ length: request.samples }, () => new SampleText(tokenizer.decoder(), text));
  const showsItself = texts.length === 1 && output.isTTY === true;
  return { prompt, tokens, note: '', showsItself, sink: textSink(texts, tokens, output) };
}

/** The pieces of one sample. */
class SampleText {
  readonly #decoder: StreamDecoder;
  #unwritten: string;
  #last = '';

  constructor(decoder: StreamDecoder, beginning: string) {
    this.#decoder = decoder;
    this.#unwritten = beginning;
  }

  push(token: number): void {
    this.#unwritten += this.#decoder.push([token]);
  }

  write(output: TextOutput): void {
    if (this.#unwritten === '') return;
    output.write(output.isTTY ? this.#unwritten.replace(controls, '\uFFFD') : this.#unwritten);
    this.#last = this.#unwritten;
    this.#unwritten = '';
  }

  /** What is left, then the end of the line. */
  end(output: TextOutput): void {
    this.#unwritten += this.#decoder.end();
    this.write(output);
    if (!this.#last.endsWith('\n')) output.write('\n');
  }
}

function textSink(texts: readonly SampleText[], tokens: number, output: TextOutput): SampleSink {
  const isAlone = texts.length === 1;
  let rounds = 0;
  return {
    take: (first, chosen) => {
      const together = texts.slice(first, first + chosen.length);
      for (const [index, text] of together.entries()) text.push(chosen[index]!);
      if (isAlone) texts[0]!.write(output);
      rounds++;
      if (rounds % tokens > 0) return;
      for (const [index, text] of together.entries()) {
        if (first + index > 0) output.write('---\n');
        text.end(output);
      }
    },
    end: () => '',
  };
}
