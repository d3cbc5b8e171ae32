/** The token cache: shards with checksums, and where they lie. */
export { cacheKey, defaultCacheFolder } from './cache.ts';
export { makeFolder } from './make-folder.ts';
export { type CachedShards, openShards } from './shard-cache.ts';
export type { ShardIndex, SkippedPart } from './shard-index.ts';
export type { ShardReader } from './shard-reader.ts';
export type { ShardMark, ShardWriter } from './shard-writer.ts';
export { idsOf, type TokenWidth, tokenBytes, tokenWidth } from './token-width.ts';
