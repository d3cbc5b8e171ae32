/**
 * The paper's table 2 in small: the same model with dense, fixed and strided attention, trained for the same steps on text and on images.
 *
 *     PAPER_TEXT=enwik8.gz PAPER_IMAGES=data_batch_1.bin OUT=runs/paper pnpm bench paper
 *
 * Each pattern's learning rate is the best of three on the validation split, tried on the first seed; the others of three seeds take it. What is
 * reported is measured on the test split, which chose nothing: not the rate, and no checkpoint, since the last one counts. 30 runs of one thread each,
 * some two hours on two cores; a benchmark that was interrupted goes on where it was. Settings: README.md.
 */
import type { Report } from './bench.ts';
import { type Losses, lossesOf, nameOf, type Variant } from './paper/one-run.ts';
import { readSettings, type Settings } from './paper/settings.ts';
import { patternNames, tasks } from './paper/tasks.ts';

/** A run that has been measured. */
interface Measured extends Variant {
  readonly losses: Losses;
}

/** The figures of all runs, as they end, and then of each pattern. */
export async function run(report: Report): Promise<void> {
  const settings = readSettings(process.env);
  const { seeds } = settings;
  const pairs = tasks
    .filter(({ name }) => settings.data[name])
    .flatMap((task) => patternNames.map((pattern) => ({ task, pattern })));
  const first = pairs.flatMap((pair) =>
    pair.task.learningRates.map((rate) => ({ ...pair, rate, seed: seeds[0]! })),
  );
  const tuned = await measure(first, settings, report);
  const chosen = pairs.map((pair) => {
    const tried = tuned.filter(({ task, pattern }) => task === pair.task && pattern === pair.pattern);
    return tried.reduce((best, one) => (one.losses.valid < best.losses.valid ? one : best));
  });
  const others = chosen.flatMap((one) => seeds.slice(1).map((seed) => ({ ...one, seed })));
  const seeded = [...chosen, ...(await measure(others, settings, report))];
  for (const { task, pattern, rate } of chosen) {
    const bits = seeded
      .filter((one) => one.task === task && one.pattern === pattern)
      .map(({ losses }) => losses.test);
    const figure = { engine: settings.engine, unit: task.unit };
    const name = `${task.name}, ${pattern}, rate ${rate}, ${bits.length} seeds`;
    const mean = bits.reduce((sum, one) => sum + one, 0) / bits.length;
    report({ ...figure, name: `${name}: test, mean`, value: mean });
    report({ ...figure, name: `${name}: test, least`, value: Math.min(...bits) });
    report({ ...figure, name: `${name}: test, most`, value: Math.max(...bits) });
  }
}

/** Several runs side by side. */
async function measure(
  variants: readonly Variant[],
  settings: Settings,
  report: Report,
): Promise<Measured[]> {
  const waiting = [...variants];
  const measured: Measured[] = [];
  const work = async () => {
    for (let variant = waiting.shift(); variant !== undefined; variant = waiting.shift()) {
      const losses = await lossesOf(variant, settings);
      measured.push({ ...variant, losses });
      const figure = { engine: settings.engine, unit: variant.task.unit };
      report({ ...figure, name: `${nameOf(variant)}: valid`, value: losses.valid });
      report({ ...figure, name: `${nameOf(variant)}: test`, value: losses.test });
    }
  };
  await Promise.all(Array.from({ length: settings.sideBySide }, work));
  return measured;
}
