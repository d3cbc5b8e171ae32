// What a file is by what it begins with, whatever its name: a packed file, a picture or a database whose bytes were learned as text would
// give a model of noise, and nobody would be told. Each signature holds a byte or a sequence that plain text doesn't begin with.

import { BadInput } from '../refusals/index.ts';

/** Why a file is no plain text, and what to do about it. */
export interface FileFormat {
  /** What it is: `a zip archive`. */
  readonly name: string;
  /** How to get at the text, or how to use what it holds. */
  readonly wayOut: string;
  /** What unpacks it here. */
  readonly packing?: 'gzip' | 'zstd';
}

/** So many bytes from the beginning tell every format. */
export const headBytes = 4096;

/** A text in Latin-1, or a function: bytes that a format begins with. */
type Signature = string | ((head: Uint8Array) => boolean);

const unpack = 'unpack it';
const extract = 'extract its text';
const asLines = 'write its texts as JSON Lines';
const asImages = 'train on pictures as images';
const asSound = 'train on recordings as sound';
const leave = 'leave it out';

type Format = readonly [name: string, wayOut: string, ...Signature[]];

/** Formats whose signature is so long that no other data begins so by chance. */
const sureFormats: readonly Format[] = [
  ['a zip archive', unpack, 'PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'],
  ['packed by bzip2', unpack, isBzip2],
  ['packed by xz', unpack, '\xfd7zXZ\0'],
  ['packed by lzip', unpack, 'LZIP\x01'],
  ['packed by lz4', unpack, '\x04"M\x18', '\x02!L\x18'],
  ['packed by lzop', unpack, '\x89LZO\0'],
  ['packed by snappy', unpack, '\xff\x06\0\0sNaPpY'],
  ['a 7-Zip archive', unpack, "7z\xbc\xaf'\x1c"],
  ['a RAR archive', unpack, 'Rar!\x1a\x07'],
  ['a tar archive', unpack, isTar],
  ['a cpio archive', unpack, (head) => /^07070[12][0-9a-fA-F]{104}/.test(latin(head, 0, 110))],
  ['a cabinet archive', unpack, 'MSCF\0\0\0\0'],
  ['an ar archive', unpack, '!<arch>\n'],
  ['an xar archive', unpack, 'xar!\0'],
  ['an RPM package', unpack, '\xed\xab\xee\xdb'],
  ['a PDF', extract, '%PDF-'],
  ['PostScript', extract, '%!PS-Adobe'],
  ['RTF', extract, '{\\rtf'],
  ['an old Office document', extract, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['a DjVu document', extract, 'AT&TFORM'],
  ['Parquet', asLines, (head) => begins(head, 'PAR1') && isBinary(head[4])],
  ['an ORC file', asLines, (head) => begins(head, 'ORC') && isBinary(head[3])],
  [
    'an Arrow file',
    asLines,
    'ARROW1\0\0',
    'FEA1\0\0\0\0',
    '\xff\xff\xff\xff\x10\0',
    '\xff\xff\xff\xff\x78\0',
  ],
  ['an Avro file', asLines, 'Obj\x01'],
  ['an SQLite database', asLines, 'SQLite format 3\0'],
  ['an LMDB database', asLines, (head) => latin(head, 16, 20) === '\xde\xc0\xef\xbe'],
  ['safetensors', leave, isSafetensors],
  ['a GGUF model', leave, 'GGUF\x01', 'GGUF\x02', 'GGUF\x03'],
  ['a NumPy array', leave, '\x93NUMPY'],
  ['an HDF5 file', leave, '\x89HDF\r\n\x1a\n'],
  ['a MATLAB file', leave, 'MATLAB 5.0 MAT-file'],
  ['a PNG picture', asImages, '\x89PNG\r\n\x1a\n'],
  ['a GIF picture', asImages, 'GIF87a', 'GIF89a'],
  ['a WebP picture', asImages, (head) => isRiff(head, 'WEBP')],
  ['a JPEG 2000 picture', asImages, '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'],
  ['a Photoshop picture', asImages, '8BPS\0'],
  ['a HEIF or AVIF picture', asImages, (head) => isMedia(head, /^(avi[fs]|hei[cfsmx]|hev[cx]|mif1|msf1)/)],
  ['an MP4 or QuickTime file', asSound, (head) => isMedia(head, /^/), '\0\0\0\x08wide', '\0\0\0\x14moov'],
  ['WAV sound', asSound, (head) => isRiff(head, 'WAVE')],
  ['an AVI film', leave, (head) => isRiff(head, 'AVI ')],
  ['FLAC sound', asSound, 'fLaC\0', 'fLaC\x80'],
  ['Ogg sound', asSound, 'OggS\0'],
  ['AIFF sound', asSound, (head) => begins(head, 'FORM') && /^AIF[FC]$/.test(latin(head, 8, 12))],
  ['an AU recording', asSound, '.snd\0'],
  ['a CAF recording', asSound, 'caff\0'],
  ['a MIDI file', leave, 'MThd\0'],
  ['a Matroska or WebM file', leave, '\x1aE\xdf\xa3'],
  ['a Windows Media file', asSound, '0&\xb2u\x8ef\xcf\x11'],
  ['a program', leave, '\x7fELF', '\xca\xfe\xba\xbe', '\xcf\xfa\xed\xfe', '\xce\xfa\xed\xfe', '\0asm'],
];

/** Formats whose signature no text begins with, but other data may. */
const likelyFormats: readonly Format[] = [
  ['packed by lzma', unpack, (head) => begins(head, ']\0\0') && head.length >= 13],
  ['packed by compress', unpack, '\x1f\x9d', '\x1f\xa0', '\x1f\x1e'],
  ['zlib data', unpack, 'x\x9c', 'x\xda'],
  ['a Python pickle', leave, (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5],
  ['a netCDF file', leave, 'CDF\x01', 'CDF\x02', 'CDF\x05'],
  ['a JPEG picture', asImages, '\xff\xd8\xff'],
  ['a TIFF picture', asImages, 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'],
  ['a BMP picture', asImages, (head) => begins(head, 'BM') && latin(head, 6, 10) === '\0\0\0\0'],
  ['a JPEG XL picture', asImages, '\xff\x0a', '\0\0\0\x0cJXL '],
  ['an icon', asImages, '\0\0\x01\0', '\0\0\x02\0'],
  ['MP3 sound', asSound, isMp3],
  ['AAC sound', asSound, '\xff\xf1', '\xff\xf9'],
  ['a font', leave, '\0\x01\0\0\0', 'OTTO\0', 'ttcf\0', 'wOFF\0\x01', 'wOFFOTTO', 'wOF2\0\x01', 'wOF2OTTO'],
  ['a Windows program', leave, isWindowsProgram],
];

/** The refusal of a file of images or sound that is something else. */
export function otherFormat(format: FileFormat | null, expected: string): BadInput {
  if (format === null) return new BadInput(`it is none of ${expected}`);
  return new BadInput(`it is ${format.name}, expected ${expected}`, [format.wayOut]);
}

/** What a file is by its first {@link headBytes} bytes; null for what may be plain text, as far as these tell. */
export function formatOf(head: Uint8Array): FileFormat | null {
  const encoding = wideEncodingOf(head);
  if (encoding === null) return sureFormatOf(head) ?? find(likelyFormats, head);
  const [family] = /^UTF-\d+/.exec(encoding)!;
  return { name: `text in ${family}`, wayOut: `convert it: iconv -f ${encoding} -t UTF-8` };
}

/** The same for a file that may hold anything: null unless its signature is beyond doubt. */
export function sureFormatOf(head: Uint8Array): FileFormat | null {
  if (begins(head, '\x1f\x8b\x08')) return { name: 'packed by gzip', wayOut: unpack, packing: 'gzip' };
  if (isZstd(head)) return { name: 'packed by zstd', wayOut: unpack, packing: 'zstd' };
  return find(sureFormats, head);
}

function find(formats: readonly Format[], head: Uint8Array): FileFormat | null {
  const found = formats.find(([, , ...signatures]) =>
    signatures.some((one) => (typeof one === 'string' ? begins(head, one) : one(head))),
  );
  return found === undefined ? null : { name: found[0], wayOut: found[1] };
}

function latin(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

function begins(head: Uint8Array, signature: string): boolean {
  return latin(head, 0, signature.length) === signature;
}

/** Whether a byte is none that text has. */
function isBinary(byte = 0): boolean {
  return byte >= 0x80 || (byte < 0x20 && ![9, 10, 13].includes(byte));
}

function isZstd(head: Uint8Array): boolean {
  return begins(head, '\x28\xb5\x2f\xfd') || (head[0]! >> 4 === 5 && latin(head, 1, 4) === '\x2a\x4d\x18');
}

function isRiff(head: Uint8Array, form: string): boolean {
  return ['RIFF', 'RF64', 'RIFX'].includes(latin(head, 0, 4)) && latin(head, 8, 12) === form;
}

/** An ISO base media file names its brand in the first box. */
function isMedia(head: Uint8Array, brand: RegExp): boolean {
  return head[0] === 0 && latin(head, 4, 8) === 'ftyp' && brand.test(latin(head, 8, 12));
}

/** A tag, or a frame of layer II or III with a bit rate and a sample rate that there are. */
function isMp3(head: Uint8Array): boolean {
  if (begins(head, 'ID3')) return head[3]! < 0x10 && head[4]! < 0x10;
  const [first = 0, second = 0, third = 0] = head;
  const layer = (second >> 1) & 3;
  const hasLayer =
    first === 0xff && second >= 0xe0 && (layer === 1 || layer === 2) && (second & 0x18) !== 0x08;
  const [bitRate, sampleRate] = [third >> 4, (third >> 2) & 3];
  return hasLayer && bitRate > 0 && bitRate < 15 && sampleRate < 3;
}

/** A header is 512 bytes; a sum over them stands in it as octal digits. That finds tars from before "ustar" too. */
function isTar(head: Uint8Array): boolean {
  if (head.length < 512) return false;
  const digits = /^ *([0-7]+)(?![0-7])/.exec(latin(head, 148, 156))?.[1];
  const sum = head
    .subarray(0, 512)
    .reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return digits !== undefined && Number.parseInt(digits, 8) === sum;
}

/** A level, and the sign of a block or of the end. */
function isBzip2(head: Uint8Array): boolean {
  const sign = latin(head, 4, 10);
  return /^BZh[1-9]/.test(latin(head, 0, 4)) && (sign === '1AY&SY' || sign === '\x17rE8P\x90');
}

/** Eight bytes that say how long the header is, and the header, which is JSON. */
function isSafetensors(head: Uint8Array): boolean {
  return latin(head, 4, 8) === '\0\0\0\0' && /^\{["} ]/.test(latin(head, 8, 10));
}

function isWindowsProgram(head: Uint8Array): boolean {
  return begins(head, 'MZ') && head.subarray(2, 64).includes(0);
}

/** The encoding of a text whose characters have two or four bytes each, by its mark or by the control characters that its upper bytes look like. */
function wideEncodingOf(head: Uint8Array): string | null {
  if (begins(head, '\xff\xfe\0\0')) return 'UTF-32';
  if (begins(head, '\0\0\xfe\xff')) return 'UTF-32';
  if (begins(head, '\xff\xfe') || begins(head, '\xfe\xff')) return 'UTF-16';
  const counts = [0, 0, 0, 0];
  const length = head.length - (head.length % 4);
  // Lines of one character each look the same, but for this.
  if (length < 8 || !head.includes(0)) return null;
  for (let at = 0; at < length; at++) if (head[at]! < 0x20) counts[at % 4]!++;
  // Whether nearly all bytes at these places of four look like control characters; a line's end is one too.
  const [a, b, c, d] = counts.map((count) =>
    count > 0.7 * (length / 4) ? 'upper' : count < 0.3 * (length / 4) ? 'lower' : '',
  );
  const places = [a, b, c, d].join(' ');
  const wide = {
    'lower upper lower upper': 'UTF-16LE',
    'upper lower upper lower': 'UTF-16BE',
    'lower upper upper upper': 'UTF-32LE',
    'upper upper upper lower': 'UTF-32BE',
  }[places];
  return wide ?? null;
}
