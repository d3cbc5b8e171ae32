/** The messages of TensorBoard's event.proto and summary.proto, as far as a run writes them. */
import { PbfWriter } from 'pbf';

/** A named value of one step, for TensorBoard. */
export type EventValue = ScalarValue | TextValue | ImageValue | AudioValue;

/** What every value has. */
interface NamedValue {
  /** Its name; what stands before a slash is a group: `loss/train`. */
  readonly tag: string;
}

/** A number. */
export interface ScalarValue extends NamedValue {
  /** What kind of value. */
  readonly kind: 'scalar';
  /** The number; NaN and infinities are fine. */
  readonly value: number;
}

/** A text. */
export interface TextValue extends NamedValue {
  /** What kind of value. */
  readonly kind: 'text';
  /** Shown as it is. */
  readonly text: string;
}

/** A picture. */
export interface ImageValue extends NamedValue {
  /** What kind of value. */
  readonly kind: 'image';
  /** A PNG file. */
  readonly png: Uint8Array;
}

/** A sound. */
export interface AudioValue extends NamedValue {
  /** What kind of value. */
  readonly kind: 'audio';
  /** A WAV file with its header of 44 bytes, as `encodeWav` of datasets writes it. */
  readonly wav: Uint8Array;
}

/** What an event says: which version the file has, that a session starts at a step, or values. */
export type EventContent =
  | { readonly kind: 'version' }
  | { readonly kind: 'start'; readonly step: number }
  | { readonly kind: 'values'; readonly step: number; readonly values: readonly EventValue[] };

const sessionStart = 1;
const typeString = 7;
const colourChannels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** An `Event`, encoded. @param wallTime seconds since 1970 */
export function encodeEvent(content: EventContent, wallTime: number): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  if (content.kind !== 'version') event.writeVarintField(2, content.step);
  if (content.kind === 'version') event.writeStringField(3, 'brain.Event:2');
  else if (content.kind === 'start') event.writeMessage(7, writeSessionStart, null);
  else event.writeMessage(5, writeSummary, content.values);
  return event.finish();
}

/** `SessionLog`: TensorBoard then forgets what earlier files say of this step and later ones. */
function writeSessionStart(_: null, log: PbfWriter): void {
  log.writeVarintField(1, sessionStart);
}

function writeSummary(values: readonly EventValue[], summary: PbfWriter): void {
  for (const value of values) summary.writeMessage(1, writeValue, value);
}

function writeValue(value: EventValue, message: PbfWriter): void {
  message.writeStringField(1, value.tag);
  if (value.kind === 'scalar') message.writeFloatField(2, value.value);
  else if (value.kind === 'image') message.writeMessage(4, writeImage, value.png);
  else if (value.kind === 'audio') message.writeMessage(6, writeAudio, value.wav);
  else {
    message.writeMessage(8, writeTextTensor, value.text);
    message.writeMessage(9, writeTextMetadata, null);
  }
}

/** `Summary.Image`: height, width, channels, PNG. The sizes stand in the file's first chunk. */
function writeImage(png: Uint8Array, image: PbfWriter): void {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  image.writeVarintField(1, view.getUint32(20));
  image.writeVarintField(2, view.getUint32(16));
  image.writeVarintField(3, colourChannels[view.getUint8(25)] ?? 3);
  image.writeBytesField(4, png);
}

/** `Summary.Audio`: sample rate, channels, frames, WAV, type. */
function writeAudio(wav: Uint8Array, audio: PbfWriter): void {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  audio.writeFloatField(1, view.getUint32(24, true));
  audio.writeVarintField(2, view.getUint16(22, true));
  audio.writeVarintField(3, Math.floor(view.getUint32(40, true) / view.getUint16(32, true)));
  audio.writeBytesField(4, wav);
  audio.writeStringField(5, 'audio/wav');
}

/** `TensorProto` of one string. TensorBoard reads it as Markdown, in which an indented block stays as it is. */
function writeTextTensor(text: string, tensor: PbfWriter): void {
  tensor.writeVarintField(1, typeString);
  tensor.writeMessage(
    2,
    (_, shape) => shape.writeMessage(2, (_, axis) => axis.writeVarintField(1, 1), null),
    null,
  );
  tensor.writeStringField(8, `    ${text.replaceAll('\n', '\n    ')}`);
}

/** `SummaryMetadata`: the plug-in that shows it. */
function writeTextMetadata(_: null, metadata: PbfWriter): void {
  metadata.writeMessage(1, (_, plugin) => plugin.writeStringField(1, 'text'), null);
}
