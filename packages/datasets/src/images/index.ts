/** Pictures: decoded, written, cut into records. */
export { encodePng, type PngGridOptions } from './encode-png.ts';
export {
  type ImageDataset,
  type ImageDatasetOptions,
  openImageDataset,
  type ReadImageOptions,
  readImage,
} from './image-dataset.ts';
