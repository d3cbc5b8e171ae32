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

/** Ascending numbers as people list them: `0 to 3, 6 and 9`; `0, 2, 4 and so on to 126`. */
export function listed(numbers: readonly number[]): string {
  const [first = 0, second = 0, third = 0] = numbers;
  const gap = second - first;
  const isEven = numbers.every((number, place) => number === first + place * gap);
  if (gap > 1 && numbers.length > 4 && isEven)
    return `${first}, ${second}, ${third} and so on to ${numbers.at(-1)}`;
  const parts = rangesOf(numbers).flatMap(([from, to]) => {
    if (to - from > 1) return [`${from} to ${to}`];
    return to > from ? [String(from), String(to)] : [String(from)];
  });
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function rangesOf(numbers: readonly number[]): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const open = ranges.at(-1);
    if (open !== undefined && number === open[1] + 1) open[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const minute = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' });

/** `29 November 2026, 06:19 UTC`; what is no time in ISO 8601 stays as it is. */
export function moment(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${day.format(date)}, ${minute.format(date)} UTC`;
}

/** A word for a POSIX shell, quoted if need be. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
