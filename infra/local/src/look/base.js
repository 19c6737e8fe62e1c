// What the pages have in common: elements, words for times, and how they talk to the server.
// All text enters a page as text, never as HTML.

const TONES = 5;
const TOAST_MS = 4000;

/** Each page is served its own copy of this file, beside its own endpoints. */
const API = new URL('api/', import.meta.url);

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** An icon of the sprite in frame.html. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

/** Makes an element the round picture of someone: a letter or an icon, in the colour of a number. */
export function avatar(element, sign, number) {
  element.replaceChildren(sign);
  element.className = `${element.className.replace(/ ?tone-\d/, '')} tone-${Math.abs(number) % TONES}`;
  return element;
}

export const clock = (at) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/** The time of a message. */
export const timeOf = (at) => make('time', { datetime: new Date(at).toISOString() }, clock(at));

/** A day, for the line between days. */
export function longDay(at) {
  return new Date(at).toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
}

export function toast(words) {
  const note = make('div', { class: 'toast' }, words);
  byId('toasts').append(note);
  setTimeout(() => note.remove(), TOAST_MS);
}

export function copy(words) {
  return navigator.clipboard.writeText(words).then(
    () => toast(`Copied: ${words}`),
    () => toast('The browser forbids copying.'),
  );
}

/** Calls the server; throws with a sentence for the person when it refuses. */
export async function call(path, options = {}) {
  const answer = await fetch(new URL(path, API), options);
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(body?.error ?? `The server answered ${answer.status}.`);
  return body;
}

export function post(path, body) {
  return call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

/** Hands each event of the server to what `heard` has for its type, and to `away` a sentence when there is no server. */
export function listen(path, heard, away) {
  const stream = new EventSource(new URL(path, API));
  stream.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    heard[event.type]?.(event);
  };
  stream.onerror = () => away('The server is away, trying again…');
  return stream;
}
