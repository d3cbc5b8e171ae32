/**
 * The order of test files: those with a process of their own first, the largest of them or those that took longest the last time before the
 * others; then those that share one, which are short. So no long file is left alone at the end, and a shared process is not ended between two
 * files that would share it.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

export class ApartFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isApart = ({ project }: TestSpecification) => project.config.isolate;
    return [...sorted.filter(isApart), ...sorted.filter((file) => !isApart(file))];
  }
}
