/** A program that goes on whatever it is asked: what is left to end it is the second signal. */
import { stopOnSignals } from '../src/command-line/stop-on-signals.ts';

stopOnSignals(process.stderr);
setInterval(() => {}, 2 ** 30);
process.stdout.write('ready\n');
