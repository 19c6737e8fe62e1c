// Elements, words for numbers and times, and how the page talks to the server. All text enters the page as text.

const TONES = 5;
const TOAST_MS = 4000;

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

/** An icon of the sprite in page.html. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

/** Makes an element the round picture of a phone: its owner's first letter, else a phone. */
export function avatar(element, phone) {
  element.replaceChildren(phone.name ? [...phone.name][0].toUpperCase() : icon('phone'));
  element.className = `avatar tone-${Number(phone.number.slice(-4)) % TONES}`;
  return element;
}

/** A number as people write it: +91 90000 00001. */
export function pretty(number) {
  const shapes = [/^(91)(\d{5})(\d{5})$/, /^(1)(\d{3})(\d{3})(\d{4})$/, /^(7)(\d{3})(\d{3})(\d{2})(\d{2})$/];
  const found = shapes.map((shape) => shape.exec(number)).find(Boolean);
  if (found) return `+${found.slice(1).join(' ')}`;
  return /^\d{7,}$/.test(number) ? `+${number}` : number;
}

export const clock = (at) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/** The day of a message, for the line between days; messages from before the server looked have none. */
export function dayOf(at) {
  if (!at) return 'Earlier';
  const day = new Date(at).toDateString();
  if (day === new Date().toDateString()) return 'Today';
  return new Date(at).toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
}

/** Asks the server to do something; throws with a sentence for the person when it refuses. */
export async function post(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`/sms/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const told = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(told?.error ?? `The server answered ${answer.status}.`);
  return told;
}

/** Does it and tells whether it was done; a refusal is shown. */
export async function attempt(path, body) {
  try {
    await post(path, body);
    return true;
  } catch (failure) {
    toast(failure instanceof TypeError ? 'The server is away.' : failure.message);
    return false;
  }
}

export function toast(words) {
  const note = make('div', { class: 'toast' }, words);
  byId('toasts').append(note);
  setTimeout(() => note.remove(), TOAST_MS);
}
