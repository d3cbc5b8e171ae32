/** The named configurations, by the name that `--config` takes. */

import type { RunConfig } from '../configuration/index.ts';
import { nearestName, TrainerError } from '../messages/index.ts';
import { audioFolder } from './audio-folder.ts';
import { cifar10Strided } from './cifar10-strided.ts';
import { cifar10StridedPaper } from './cifar10-strided-paper.ts';
import { demo } from './demo.ts';
import { enwik8Dense } from './enwik8-dense.ts';
import { enwik8Fixed } from './enwik8-fixed.ts';
import { enwik8FixedPaper } from './enwik8-fixed-paper.ts';
import { enwik8Strided } from './enwik8-strided.ts';
import { imageFolder } from './image-folder.ts';
import { imagenet64Strided } from './imagenet64-strided.ts';
import { imagenet64StridedPaper } from './imagenet64-strided-paper.ts';
import { musicStrided } from './music-strided.ts';
import { musicStridedPaper } from './music-strided-paper.ts';
import { textFile } from './text-file.ts';
import { tinyText } from './tiny-text.ts';

/** Every named configuration. */
export const configs: ReadonlyMap<string, RunConfig> = new Map([
  ['tiny-text', tinyText],
  ['demo', demo],
  ['enwik8-fixed', enwik8Fixed],
  ['enwik8-strided', enwik8Strided],
  ['enwik8-dense', enwik8Dense],
  ['cifar10-strided', cifar10Strided],
  ['imagenet64-strided', imagenet64Strided],
  ['music-strided', musicStrided],
  ['text-file', textFile],
  ['image-folder', imageFolder],
  ['audio-folder', audioFolder],
  ['enwik8-fixed-paper', enwik8FixedPaper],
  ['cifar10-strided-paper', cifar10StridedPaper],
  ['imagenet64-strided-paper', imagenet64StridedPaper],
  ['music-strided-paper', musicStridedPaper],
]);

/**
 * The configuration of a name.
 *
 * @param option what gave the name, in messages
 * @throws TrainerError with the nearest right name
 */
export function configNamed(name: string, option = '--config'): RunConfig {
  const found = configs.get(name);
  if (found !== undefined) return found;
  const near = nearestName(name, [...configs.keys()]);
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  throw new TrainerError(
    `${option}: there is no configuration ${JSON.stringify(name)}; expected one of ${[...configs.keys()].join(', ')}.${hint}`,
  );
}
