/** How a field of the configuration is written down. */
export {
  belowOne,
  choice,
  type FieldWords,
  field,
  fieldWords,
  flag,
  notNegative,
  number,
  oneOf,
  positive,
  whole,
} from './fields.ts';
