/** Every kind of pattern that can be written down. A new one is added here, and is then saved, read, configured, documented and tested. */
import { andKind } from './and.ts';
import { blockLocalKind } from './block-local.ts';
import { columnKind } from './column.ts';
import type { PatternKind } from './fields.ts';
import { fixedKind } from './fixed.ts';
import { fullKind } from './full.ts';
import { localKind } from './local.ts';
import { orKind } from './or.ts';
import { perHeadKind } from './per-head.ts';
import { stridedKind } from './strided.ts';
import { summaryKind } from './summary.ts';

const kinds = [
  fullKind,
  localKind,
  columnKind,
  stridedKind,
  blockLocalKind,
  summaryKind,
  fixedKind,
  andKind,
  orKind,
  perHeadKind,
] as const;

/** Every kind of pattern that can be written down, with its fields. */
export const patternKinds: readonly PatternKind[] = kinds;

/** The value of a field in a form. */
type FormValue<Field> = Field extends { readonly type: 'patterns' }
  ? readonly PatternForm[]
  : Field extends { readonly type: 'flag' }
    ? boolean
    : number;

type Table = Readonly<Record<string, unknown>>;

/** Fields that may be left out. */
type Optional<Fields extends Table> = {
  [Name in keyof Fields]: Fields[Name] extends { readonly unlessGiven: unknown } ? Name : never;
}[keyof Fields];

type FormOf<Kind> = Kind extends { readonly kind: infer Name; readonly fields: infer Fields extends Table }
  ? { readonly kind: Name } & {
      readonly [Field in Exclude<keyof Fields, Optional<Fields>>]: FormValue<Fields[Field]>;
    } & { readonly [Field in Optional<Fields>]?: FormValue<Fields[Field]> | undefined }
  : never;

/** A pattern as data, where what has a default may be left out: `{ kind: 'fixed', block: 64, summary: 16 }`. */
export type PatternForm = FormOf<(typeof kinds)[number]>;
