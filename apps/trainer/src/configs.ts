/** The named configurations, by the name that `--config` takes. */
import { demo } from './configs/demo.ts';
import { tinyText } from './configs/tiny-text.ts';
import { nearestName } from './nearest-name.ts';
import type { RunConfig } from './run-config.ts';
import { TrainerError } from './trainer-error.ts';

/** Every named configuration. */
export const configs: ReadonlyMap<string, RunConfig> = new Map([
  ['tiny-text', tinyText],
  ['demo', demo],
]);

/**
 * The configuration of a name.
 *
 * @throws TrainerError with the nearest right name
 */
export function configNamed(name: string): RunConfig {
  const found = configs.get(name);
  if (found !== undefined) return found;
  const near = nearestName(name, [...configs.keys()]);
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  throw new TrainerError(
    `--config: there is no configuration ${JSON.stringify(name)}; expected one of ${[...configs.keys()].join(', ')}.${hint}`,
  );
}
