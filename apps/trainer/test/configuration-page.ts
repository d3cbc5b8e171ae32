/** docs/configuration.md, from the schema and the configurations of the paper's sizes. */
import { configNamed, configs } from '../src/configs/named.ts';
import { fieldValue, namedFields, sectionWords } from '../src/configuration/index.ts';

const paper = [
  'enwik8-fixed-paper',
  'cifar10-strided-paper',
  'imagenet64-strided-paper',
  'music-strided-paper',
];
const heads = ['Enwik8', 'CIFAR-10', 'ImageNet 64', 'music'];

/** The page. */
export function configurationPage(): string {
  return `# The configuration of a run

Made from the schema in \`apps/trainer/src/configuration\`; \`npx -y pnpm vitest run apps/trainer/test/configuration-page -u\` makes it anew.

A configuration is one of the named ones (${[...configs.keys()].map((name) => `\`${name}\``).join(', ')}) or a file of your own, YAML or JSON: whole, as
\`sparse-train --print-config\` writes it, or \`from\` another one, of which it changes some fields:

\`\`\`yaml
from: tiny-text        # a name, or a file beside this one
model:
  layers: 6
  patterns:
    - { kind: fixed, block: 16, summary: 4 }
training:
  steps: 5000
\`\`\`

\`\`\`sh
sparse-train --config mine.yaml --data text.txt --out runs/mine --model.dropout 0.1
\`\`\`

Each field is an option of the command line as well, which goes before the file. A list is one value: it takes the place of the other one's. In a file that
is not \`from\` another one, fields without a default must be given. Patterns stand in the README of \`@sparse-transformers/patterns\`; a layer's
\`slot\` may also be \`"distinct"\`, another one for each head, and \`{ "kind": "repeat", "times": 3, "pattern": … }\` stands for three layers.

${Object.entries(sectionWords)
  .map(([section, title]) => sectionOf(section, title))
  .join('\n')}`;
}

function sectionOf(section: string, title: string): string {
  const rows = namedFields
    .filter(({ name }) => name.startsWith(`${section}.`))
    .map(({ name, meaning, expected, unlessGiven }) =>
      [
        `\`${name}\``,
        meaning,
        expected,
        unlessGiven === undefined ? '' : code(unlessGiven),
        ...paper.map((config) => code(fieldValue(configNamed(config), name))),
      ].join(' | '),
    );
  const head = ['field', 'meaning', 'must be', 'default', ...heads];
  return `## ${title}

The last columns are the values of the configurations of the paper's sizes.

| ${head.join(' | ')} |
|${head.map(() => ' --- |').join('')}
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

/** A value as JSON; nothing where there is none. */
function code(value: unknown): string {
  if (value === undefined) return '';
  return `\`${JSON.stringify(value)}\``;
}
