/** Sound: read, resampled, written. */
export {
  type AudioDataset,
  type AudioDatasetOptions,
  openAudioDataset,
  type ReadAudioOptions,
  readAudio,
} from './audio-dataset.ts';
export { encodeWav } from './encode-wav.ts';
