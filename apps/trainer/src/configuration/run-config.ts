/** What a run is, as plain data. Config files, the command line and `config.json` are held to `run-config-schema.ts`. */
import type { LayerSetting } from './pattern-setting.ts';

/** What every kind of data has. */
interface SharedDataConfig {
  /** Share that is for validation, not looked at with `--valid`: of text the end of the part for training, of images and recordings some from everywhere. */
  readonly validShare: number;
  /** Share that is for `sparse-train eval --split test`, of text the very end; 0 for none. */
  readonly testShare: number;
  /** What becomes of a file, or a line of one, that can't be used: it ends the run before it begins, or is left out, told and counted. */
  readonly onBadInput: 'refuse' | 'skip';
}

/** Text and how it becomes tokens. */
export interface TextDataConfig extends SharedDataConfig {
  /** What the files hold. */
  readonly kind: 'text';
  /** A token a byte, or one a character of the alphabet that the text has. */
  readonly tokenizer: 'bytes' | 'characters';
  /** The field of the object in each line of `.jsonl` files that holds the text. */
  readonly field: string;
  /** Whether ends of lines stay as they are, or CRLF becomes LF. */
  readonly newlines: 'keep' | 'unix';
  /** Whether files of any content are learned by their bytes: archives, pictures, databases too. Needs the tokenizer of bytes. */
  readonly anyBytes: boolean;
}

/** Images of one size, a token a number, in raster order with the channels of a pixel side by side: pictures, or files of records. */
export interface ImageDataConfig extends SharedDataConfig {
  /** What the files hold. */
  readonly kind: 'images';
  /** Rows of pixels. */
  readonly rows: number;
  /** Columns of pixels. */
  readonly columns: number;
  /** Numbers of a pixel: 3 for colour, 1 for grey. */
  readonly channels: 1 | 3;
  /** Bytes before each image in files of records, `.bin`: 1 in CIFAR-10's binary version. */
  readonly labelBytes: number;
  /** Decides which images are for validation and test. */
  readonly splitSeed: number;
}

/** Sound, a token a µ-law sample. */
export interface AudioDataConfig extends SharedDataConfig {
  /** What the files hold. */
  readonly kind: 'audio';
  /** Samples a second, to which every file is resampled. */
  readonly sampleRate: number;
  /** Decides which recordings are for validation and test. */
  readonly splitSeed: number;
}

/** Where the tokens come from. */
export type DataConfig = TextDataConfig | ImageDataConfig | AudioDataConfig;

/** How positions are embedded (the paper's section 5.3). */
export type PositionsSetting =
  | {
      /** Row and column of a matrix as wide as the pattern's stride or block: for text and audio. */
      readonly kind: 'attention';
      /** Width of that matrix. */
      readonly stride: number;
    }
  | {
      /** Row, column and channel of an image. */
      readonly kind: 'image';
      /** Rows of pixels. */
      readonly rows: number;
      /** Columns of pixels. */
      readonly columns: number;
      /** Numbers of a pixel. */
      readonly channels: number;
    };

/** The model; the words are those of `SparseTransformerConfig`. */
export interface ModelConfig {
  /** Tokens that the model sees, n; also the length of a training window. An image has rows · columns · channels. */
  readonly length: number;
  /** Residual blocks. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** Attention heads. */
  readonly heads: number;
  /** Width of queries and keys, in widths of the stream: 1, or the paper's half size. */
  readonly queryKeyFactor: 1 | 0.5;
  /** Width of the feed-forward part, in widths of the stream: 4, or the paper's half size 2. */
  readonly feedForwardFactor: number;
  /** One pattern a layer, over and over; an entry may stand for several layers. */
  readonly patterns: readonly LayerSetting[];
  /** How positions are embedded. */
  readonly positions: PositionsSetting;
  /** What stands before the first token: nothing, or a learned vector, so that the first token is predicted too; images need it. */
  readonly start: 'none' | 'learned';
  /** Chance of a cell to become 0 in training. */
  readonly dropout: number;
  /** How the paper's initialisation is read. */
  readonly weightScale: 'deviation' | 'variance' | 'released';
}

/** The optimiser and its schedule. */
export interface TrainingConfig {
  /** Windows, or images, of a step. */
  readonly batch: number;
  /** In how many parts a batch is worked off, gradients added up: less memory, the same step but for rounding. Divides the batch. */
  readonly accumulate: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** What takes the steps. */
  readonly optimizer: 'adamw' | 'adafactor';
  /** The highest learning rate. */
  readonly peakLearningRate: number;
  /** The learning rate at the end of the cosine. */
  readonly finalLearningRate: number;
  /** Steps of linear warm-up. */
  readonly warmupSteps: number;
  /** Decay of matrices. */
  readonly weightDecay: number;
  /** AdamW's β₁; Adafactor's too, where 0 keeps no first moment. */
  readonly beta1: number;
  /** AdamW's β₂; Adafactor has a schedule of its own. */
  readonly beta2: number;
  /** The largest norm of all gradients together. */
  readonly clipNorm: number;
  /** Decay of the running average of the weights that validation, samples and exports use; 0 keeps none. */
  readonly averageDecay: number;
  /** Whether blocks are computed again in the backward pass: less memory, the same bits, about a third more time. */
  readonly recompute: boolean;
  /** What happens at a loss or gradient that is not finite, or beyond `lossLimit`: the run ends, or the step is left out and counted. */
  readonly notFinite: 'stop' | 'skip';
  /** A loss above so many times its running mean counts as exploded; 0 for no limit. */
  readonly lossLimit: number;
  /** For debugging: every step sees the first batch, whose loss must go to nearly 0. */
  readonly overfitBatch: boolean;
}

/** When the validation split is looked at, and how much of it. */
export interface ValidationConfig {
  /** Steps between validations; there is always one after the last step. */
  readonly every: number;
  /** Windows, or images, in a batch. */
  readonly batch: number;
  /** The most windows, or images, from the beginning of the split. */
  readonly windows: number;
  /** Tokens that each prediction sees before it at least, but at the beginning of the split (the paper's Table 3); 0 for images. */
  readonly minimumContext: number;
}

/** What is drawn from the model while it learns. */
export interface SamplesConfig {
  /** Steps between samples; 0 for none. */
  readonly every: number;
  /** Samples at once. */
  readonly count: number;
  /** Tokens of each; an image is always whole. */
  readonly tokens: number;
  /** Logits are divided by it: below 1 likelier tokens gain. */
  readonly temperature: number;
}

/** When checkpoints are written, and how many stay. */
export interface CheckpointConfig {
  /** Steps between checkpoints; there is always one after the last step. */
  readonly every: number;
  /** How many of the newest stay, besides the best by validation. */
  readonly keep: number;
}

/** The whole configuration of a run. */
export interface RunConfig {
  /** The data. */
  readonly data: DataConfig;
  /** The model. */
  readonly model: ModelConfig;
  /** The optimiser. */
  readonly training: TrainingConfig;
  /** Validation. */
  readonly validation: ValidationConfig;
  /** Samples. */
  readonly samples: SamplesConfig;
  /** Checkpoints. */
  readonly checkpoints: CheckpointConfig;
}
