/** Figures and paths as people write them. */

/** `1,234,567`; a dash for what is no number. */
export function count(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US') : '–';
}

/** `3 d 2 h`, `1 h 02 min`, `3 min 20 s`, `9.1 s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

/** A word for a POSIX shell, quoted if need be. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
