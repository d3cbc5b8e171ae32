/** A plan in words. */
import type { Pass, Plan, PlanGroup } from './plan.ts';

/** Some lines of text: what is kept of the dense square, and the passes that do it. */
export function explain(plan: Plan): string {
  const cells = BigInt(plan.queries) * BigInt(plan.keys) * BigInt(plan.heads ?? 1);
  const lines = [
    `${plan.pattern.name}: ${count(plan.queries)} queries × ${count(plan.keys)} keys${plan.offset ? `, from position ${count(plan.offset)}` : ''}`,
    `  pairs ${count(plan.pairs)}, ${percent(plan.pairs, cells)} of all cells; tiles ${count(plan.tiles)}`,
  ];
  for (const group of plan.groups) lines.push(...explainGroup(group));
  return lines.join('\n');
}

function explainGroup({ heads, pattern, passes }: PlanGroup): string[] {
  const title = heads ? [`  heads ${heads.join(', ')}: ${pattern.name}`] : [];
  if (passes.length === 0) return [...title, '  no pass: no query sees a key'];
  return [...title, ...passes.map(explainPass)];
}

function explainPass(pass: Pass): string {
  const { name, tile, queryRows, keyRows, fullTiles, partialTiles, masks } = pass;
  return (
    `  pass ${name}: tiles of ${tile}, ${count(queryRows.length)} query rows, ${count(keyRows.length)} key rows; ` +
    `${count(fullTiles)} full, ${count(partialTiles)} partial with ${count(masks.size)} masks`
  );
}

function count(value: number | bigint): string {
  return value.toLocaleString('en-US');
}

function percent(part: bigint, whole: bigint): string {
  return `${(Number((part * 1_000_000n) / whole) / 10_000).toPrecision(3)} %`;
}
