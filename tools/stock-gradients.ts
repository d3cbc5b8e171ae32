/**
 * Bundles tfjs-core's gradient files without bundling a second tfjs-core.
 *
 * Node cannot import those files as they are (their imports lack extensions), and they are written against tfjs-core's
 * inner files (`../ops/mul`). Most of what they import is exported by the package too, so those imports are pointed at
 * the installed package: only the gradients, and the few functions that tfjs-core keeps to itself, are bundled.
 * Both copies keep their registries and their engine on `globalThis`, so they are one to the caller.
 */
import type * as Core from '@tensorflow/tfjs-core';

const insideCore = /@tensorflow[/\\]tfjs-core[/\\]dist[/\\].*\.js$/;
const importLine = /^import (?:\* as (\w+)|\{([^}]*)\}) from '\.[^']*';/gm;

export const stockGradients = {
  name: 'stock-gradients',
  async transform(code: string, id: string) {
    if (!insideCore.test(id)) return null;
    const core: typeof Core = await import('@tensorflow/tfjs-core');
    return code.replace(importLine, (line, namespace: string | undefined, names = namespace ?? '') => {
      if (names.trim() === 'ENGINE')
        return `import { engine } from '@tensorflow/tfjs-core'; const ENGINE = engine();`;
      const isExported = names.split(',').every((name: string) => name.trim() in core);
      return isExported ? `import { ${names} } from '@tensorflow/tfjs-core';` : line;
    });
  },
};
