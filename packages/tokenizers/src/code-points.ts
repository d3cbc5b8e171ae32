/** The number of code points that Unicode has room for. */
export const codePointLimit = 0x110000;

/** U+FFFD, which stands for bytes that are not UTF-8. */
const replacementCharacter = 0xfffd;

/** True for half a surrogate pair standing alone: such a string has no form in UTF-8. */
export function isLoneSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}

/** Calls `visit` with each code point and its place, without making a string a character. */
export function forEachCodePoint(text: string, visit: (codePoint: number, position: number) => void): void {
  let position = 0;
  for (let index = 0; index < text.length; position++) {
    const codePoint = text.codePointAt(index)!;
    visit(codePoint, position);
    index += codePoint > 0xffff ? 2 : 1;
  }
}

/** `U+00E9 "é"`; characters that would not show, or would change the terminal, by number only. */
export function nameCodePoint(codePoint: number): string {
  const number = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
  if (codePoint === replacementCharacter) return `${number} (also shown for bytes that are not UTF-8)`;
  const character = String.fromCodePoint(codePoint);
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character) ? `${number} ${JSON.stringify(character)}` : number;
}
