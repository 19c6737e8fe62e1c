// What the page knows, and how it talks to the server.

const STORE = 'botyard.chat';
const TONES = 5;

/** What this browser remembers: the bot and person chosen last, people made here, their phone numbers. */
export const saved = JSON.parse(localStorage.getItem(STORE) ?? '{}');

export const state = {
  bots: [],
  people: [],
  channels: [],
  commands: [],
  bot: null,
  me: null,
  /** The reply keyboard on show. */
  keyboard: null,
  keyboardHidden: false,
  blocked: false,
  started: false,
};

export const byId = (id) => document.getElementById(id);

export const chat = () => `bot=${state.bot.id}&user=${state.me.id}`;

export function save() {
  const people = [...(saved.people ?? []).filter((person) => person.id !== state.me?.id), state.me].filter(Boolean);
  Object.assign(saved, { bot: state.bot?.id, user: state.me?.id, people });
  localStorage.setItem(STORE, JSON.stringify(saved));
}

/** Calls the server; throws with a sentence for the person when it refuses. */
export async function call(path, options = {}) {
  const answer = await fetch(`/chat/api/${path}`, options);
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(body?.error ?? `The server answered ${answer.status}.`);
  return body;
}

export function post(path, body) {
  return call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

/** Does something in the chat; gives the update, or null after telling why not. */
export async function act(body) {
  try {
    return await post(`act?${chat()}`, body);
  } catch (failure) {
    toast(failure.message);
    return null;
  }
}

export function toast(words) {
  const note = document.createElement('div');
  note.className = 'toast';
  note.textContent = words;
  byId('toasts').append(note);
  setTimeout(() => note.remove(), 4000);
}

/** Makes an element the round picture of someone. */
export function avatar(element, name, id) {
  element.textContent = [...name.replace('@', '')][0]?.toUpperCase() ?? '?';
  element.className = `${element.className.replace(/ ?tone-\d/, '')} tone-${Math.abs(id) % TONES}`;
  return element;
}
