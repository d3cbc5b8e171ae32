import type { EventEmitter } from 'node:events';
import { nodeModule } from './node-module.ts';

const events = ['uncaughtException', 'unhandledRejection'];

/** How the listeners of Emscripten, which compiled the wasm package, read. */
const emscripten = /instanceof ExitStatus|throw reason/;

/**
 * Runs a start and takes away the listeners that Emscripten's code adds to the process: they turn every uncaught
 * error of the program into a page of minified source. The program's own listeners stay.
 */
export async function withoutEmscriptenListeners(start: () => Promise<void>): Promise<void> {
  if (nodeModule('node:os') === null) return start();
  const node: EventEmitter = globalThis.process;
  const before = new Set(events.flatMap((event) => node.listeners(event)));
  try {
    await start();
  } finally {
    for (const event of events) {
      const added = node.listeners(event).filter((listener) => !before.has(listener));
      for (const listener of added) {
        if (emscripten.test(String(listener))) Reflect.apply(node.removeListener, node, [event, listener]);
      }
    }
  }
}
