/** What patterns are made of: sets of pairs with a formula. */
export {
  band,
  intersection,
  joinRanges,
  ownBlock,
  type QueryRows,
  queryRows,
  type RangeFormula,
  type Ranges,
} from './range.ts';
export {
  type AllKeys,
  type ColumnKeys,
  intersectTerms,
  type KeySet,
  type ResidueKeys,
  type Term,
  uniteTerms,
} from './term.ts';
