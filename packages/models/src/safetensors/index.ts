/** The file format of tensors. */

export {
  type DecodedSafetensors,
  decodeSafetensors,
  encodeSafetensors,
  expectTensors,
  type Float32TensorData,
  type Int32TensorData,
  type TensorData,
} from './safetensors.ts';
export { SafetensorsError } from './safetensors-error.ts';
