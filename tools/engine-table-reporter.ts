/**
 * A vitest reporter that ends a run with a table: for each engine and conformance suite, how many facts passed, failed
 * or were skipped, and why an engine was skipped. Tests take part by setting `task.meta.conformance`
 * (packages/testing/test/engines-under-test.ts).
 */
import type { Reporter, TestCase } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export default class EngineTableReporter implements Reporter {
  /** engine -> suite -> counts */
  private readonly engines = new Map<string, Map<string, Counts>>();
  private readonly reasons = new Map<string, string>();

  onTestCaseResult(test: TestCase): void {
    const { conformance } = test.meta() as {
      conformance?: { engine: string; suite: string; facts?: number };
    };
    if (!conformance) return;
    const { engine, suite, facts = 1 } = conformance;
    const result = test.result();
    if (result.state === 'pending') return;
    this.countsOf(engine, suite)[result.state] += facts;
    if (result.state === 'skipped' && result.note) this.reasons.set(engine, result.note);
  }

  onTestRunEnd(): void {
    if (this.engines.size === 0) return;
    const rows = [...this.engines].flatMap(([engine, suites]) =>
      [...suites].map(([suite, { passed, failed, skipped }]) =>
        [engine, suite, passed, failed, skipped].map(String),
      ),
    );
    console.log(`\n${table(['engine', 'suite', 'passed', 'failed', 'skipped'], rows)}\n`);
    for (const [engine, reason] of this.reasons) console.log(`${engine} was skipped: ${reason}\n`);
  }

  private countsOf(engine: string, suite: string): Counts {
    const suites = this.engines.get(engine) ?? new Map<string, Counts>();
    this.engines.set(engine, suites);
    const counts = suites.get(suite) ?? { passed: 0, failed: 0, skipped: 0 };
    suites.set(suite, counts);
    return counts;
  }
}

/** Columns of words to the left, of numbers to the right. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return [line(head), ...rows.map(line)].join('\n');
}
