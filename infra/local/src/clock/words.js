// Words for spans and times.

const SIZES = [
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

const counted = (count, unit) => `${count} ${unit === 'day' && count !== 1 ? 'days' : unit}`;

/** A span in its two largest units: `7 days 2 h`. */
export function span(seconds) {
  const words = [];
  let rest = Math.abs(Math.round(seconds));
  for (const [unit, size] of SIZES) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count || words.length) words.push(count ? counted(count, unit) : '');
    if (words.length === 2) break;
  }
  return words.filter(Boolean).join(' ') || '0 s';
}

/** A time as it is said on `now`'s day, or with its date. */
export function moment(at, now) {
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`;
}

/** The value of a `datetime-local` field. */
export function fieldValue(at) {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
