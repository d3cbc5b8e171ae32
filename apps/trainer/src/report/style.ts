/** The style sheet of the pages: light or dark as the reader's system is, one column on a phone. */
import { colourVariables } from './chart.ts';

/** For a `style` element. */
export const pageStyle = `${colourVariables}
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
  h1 { font-size: 1.7rem; margin: 0 0 4px; overflow-wrap: anywhere; }
  h2 { font-size: 1.2rem; margin: 40px 0 12px; padding-bottom: 4px; border-bottom: 1px solid var(--rule); }
  h3 { font-size: 1rem; margin: 20px 0 6px; overflow-wrap: anywhere; }
  p { margin: 6px 0; overflow-wrap: anywhere; }
  .faint { color: var(--faint); }
  .bad { color: var(--bad); }
  .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 20px 0; padding: 0; }
  .tiles div { border: 1px solid var(--rule); border-radius: 8px; padding: 8px 12px; }
  .tiles dt { color: var(--faint); font-size: 0.85rem; }
  .tiles dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
  .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 360px), 1fr)); gap: 16px 24px; }
  .charts svg { width: 100%; height: auto; display: block; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 10px 12px; margin: 6px 0; border: 1px solid var(--rule); border-radius: 6px; font: 0.85rem/1.45 ui-monospace, monospace; }
  pre.sample { max-height: 28em; overflow-y: auto; }
  .scroll { overflow-x: auto; }
  .patterns { display: flex; flex-wrap: wrap; gap: 14px 20px; margin: 10px 0; }
  .patterns figure { margin: 0; max-width: 100%; }
  .patterns figcaption { contain: inline-size; color: var(--faint); font-size: 0.85rem; overflow-wrap: anywhere; }
  .patterns svg { display: block; max-width: 100%; height: auto; fill: var(--ink); }
  .patterns svg > rect:first-of-type { fill: var(--ground); }
  .patterns svg path { stroke: var(--rule); }
  @media (prefers-color-scheme: dark) { .patterns svg > g, .patterns svg > rect:not(:first-of-type) { filter: brightness(1.4); } }
  .pictures { display: flex; flex-wrap: wrap; gap: 10px; align-items: flex-start; }
  .pictures img { max-width: 100%; min-width: min(100%, 240px); image-rendering: pixelated; border: 1px solid var(--rule); border-radius: 4px; }
  audio { display: block; width: 100%; max-width: 480px; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; vertical-align: top; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
  th { font-weight: 500; color: var(--faint); white-space: nowrap; }
  td.number { text-align: right; }
  summary { cursor: pointer; }
  details { margin: 6px 0; }
  .facts { width: 100%; table-layout: fixed; }
  .facts th { width: 36%; white-space: normal; overflow-wrap: anywhere; }
  @media (max-width: 600px) { .facts, .facts tbody, .facts tr, .facts th, .facts td { display: block; }
    .facts th { width: auto; border: 0; padding-bottom: 0; } }`;
