import { type DataConfig, kindOf } from '../data-kinds/index.ts';

/** The command that samples from a run, or from what was exported of it, in this folder. */
export function sampleCommand(folder: string, data: Pick<DataConfig, 'kind'>): string {
  const { sampleFile } = kindOf(data);
  return `sparse-sample ${folder}${sampleFile === null ? '' : ` --out ${sampleFile}`}`;
}
