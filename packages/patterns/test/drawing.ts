/** The lines of an indented template literal, as `draw` prints them. */
export function drawing(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join('\n');
}
