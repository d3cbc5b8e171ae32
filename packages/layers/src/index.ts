/**
 * Layers of a sparse transformer: weights plus one call.
 *
 * @packageDocumentation
 */
export {
  type Attention,
  type AttentionCallOptions,
  type AttentionSizes,
  attention,
  type Projections,
} from './attention.ts';
export { attentionPositions } from './attention-positions.ts';
export { type Dense, dense } from './dense.ts';
export { type FeedForward, feedForward } from './feed-forward.ts';
export { imagePositions } from './image-positions.ts';
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
export type { Positions } from './position-tables.ts';
export {
  type DropoutSource,
  type ResidualBlock,
  type ResidualBlockOptions,
  type ResidualBlockParts,
  type ResidualBlockSizes,
  residualBlock,
} from './residual-block.ts';
export { type StartVector, startVector } from './start-vector.ts';
export { type Table, table } from './table.ts';
