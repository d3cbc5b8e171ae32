/**
 * Layers of a sparse transformer: weights plus one call.
 *
 * @packageDocumentation
 */
export { type Attention, type AttentionCallOptions, attention, type Projections } from './attention.ts';
export { type AttentionPositions, attentionPositions } from './attention-positions.ts';
export { type Dense, dense } from './dense.ts';
export { type FeedForward, feedForward } from './feed-forward.ts';
export {
  type ConstantValues,
  type InitialValues,
  initialValues,
  type NormalValues,
} from './initial-values.ts';
export { type Initialiser, paperInitialiser, type WeightScale } from './initialiser.ts';
export { type Norm, norm } from './norm.ts';
export {
  collectParameters,
  disposeParameters,
  type Layer,
  type Parameters,
  parameter,
} from './parameters.ts';
export {
  type DropoutSource,
  type ResidualBlock,
  type ResidualBlockOptions,
  type ResidualBlockParts,
  residualBlock,
} from './residual-block.ts';
export { type Table, table } from './table.ts';
