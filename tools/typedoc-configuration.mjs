/**
 * A plugin of TypeDoc: in the reference, the fields of a run's configuration have the meanings that docs/configuration.md has of their schema.
 * Their types are made of the schema too, so there is no place for comments.
 */
import { readFileSync } from 'node:fs';
import { Comment, Converter, ReflectionKind } from 'typedoc';

const page = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
const meanings = new Map(
  [...page.matchAll(/^\| `([\w.]+)` \| (.*?) \| /gm)].map(([, name, meaning]) => [name, meaning]),
);

/** The section whose fields a type has. */
const sections = {
  RunConfig: [],
  TextDataConfig: ['data'],
  ImageDataConfig: ['data'],
  AudioDataConfig: ['data'],
  ModelConfig: ['model'],
  TrainingConfig: ['training'],
  ValidationConfig: ['validation'],
  SamplesConfig: ['samples'],
  CheckpointConfig: ['checkpoints'],
};

/** What TypeDoc calls. */
export function load({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      if (reflection.kind !== ReflectionKind.Property || reflection.hasComment()) continue;
      const meaning = meaningOf(reflection);
      if (meaning !== undefined) reflection.comment = new Comment([{ kind: 'text', text: meaning }]);
    }
  });
}

function meaningOf(reflection) {
  const keys = [];
  let place = reflection;
  for (; place !== undefined && sections[place.name] === undefined; place = place.parent)
    if (place.name !== '__type') keys.unshift(place.name);
  if (place === undefined) return undefined;
  const name = [...sections[place.name], ...keys].join('.');
  const isWhole = [...meanings.keys()].some((field) => field.startsWith(`${name}.`));
  return meanings.get(name) ?? (isWhole ? 'Its fields stand in docs/configuration.md.' : undefined);
}
