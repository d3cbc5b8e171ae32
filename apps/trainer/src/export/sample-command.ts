/** The command that samples from a run: images and sound need a file to go to. */
import type { DataConfig } from '../configuration/index.ts';

const files: Readonly<Record<DataConfig['kind'], string>> = {
  text: '',
  images: ' --out sample.png',
  audio: ' --out sample.wav',
};

/** The command for a run, or what was exported of it, in this folder. */
export function sampleCommand(folder: string, kind: DataConfig['kind']): string {
  return `sparse-sample ${folder}${files[kind]}`;
}
