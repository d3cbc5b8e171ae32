/** Files of any kind: found, told apart, fingerprinted, read by place. */
export { ChecksumRecord, type KnownChecksums, recordedFrom } from './checksum-record.ts';
export { Content, type KnownChecksum, type Report, readHead } from './content.ts';
export { type FileFormat, formatOf, headBytes, otherFormat, sureFormatOf } from './file-formats.ts';
export { findFiles } from './find-files.ts';
export { type Fingerprint, verifyFingerprint } from './fingerprint.ts';
