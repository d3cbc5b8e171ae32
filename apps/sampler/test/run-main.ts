/** Runs the program within the test's process. */
import { main } from '../src/main.ts';
import { messageOf } from '../src/message-of.ts';

/** What it wrote, and the message it refused with. */
export interface Outcome {
  readonly pieces: readonly string[];
  readonly text: string;
  readonly notes: string;
  readonly refusal: string | null;
}

/** On the cpu engine unless the arguments name another. */
export async function runMain(
  args: readonly string[],
  input = new Uint8Array(0),
  isTTY = false,
): Promise<Outcome> {
  const [pieces, notes]: [string[], string[]] = [[], []];
  const engine = args.some((argument) => argument.startsWith('--engine')) ? [] : ['--engine', 'cpu'];
  let refusal: string | null = null;
  try {
    await main([...args, ...engine], {
      output: { write: (text) => pieces.push(text), isTTY },
      notes: { write: (text) => notes.push(text) },
      input: inPieces(input),
    });
  } catch (error) {
    refusal = messageOf(error);
  }
  return { pieces, text: pieces.join(''), notes: notes.join(''), refusal };
}

/** As a pipe would bring it: cut anywhere. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 3) yield bytes.subarray(start, start + 3);
}
