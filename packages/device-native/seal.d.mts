export function sealOf(bytes: Uint8Array): Buffer;
export function isSealed(bytes: Buffer): boolean;
