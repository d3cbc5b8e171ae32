/**
 * The program behind `pnpm bench paper`, and what its bundle starts with: without arguments it does all runs and prints a line of JSON for
 * each figure; with the settings of one run it does that.
 */
import { runAll } from './run-all.ts';
import { type RunSettings, readSettings } from './settings.ts';
import { trainOne } from './train.ts';

const print = (line: object) => console.log(JSON.stringify(line));
const one = process.argv[2];
if (one === undefined) await runAll(readSettings(process.env), print);
else await trainOne(JSON.parse(one) as RunSettings, print);
