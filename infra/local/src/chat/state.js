// What the page knows and remembers, and what is done in the chat on show.

import { avatar, post, toast } from './base.js';

const STORE = 'botyard.chat';

/** What this browser remembers: the bot and person chosen last, people made here, their phone numbers. */
export const saved = JSON.parse(localStorage.getItem(STORE) ?? '{}');

export const state = {
  bots: [],
  people: [],
  channels: [],
  commands: [],
  bot: null,
  me: null,
  /** The group on show in place of the chat with the bot. */
  group: null,
  /** The reply keyboard on show. */
  keyboard: null,
  keyboardHidden: false,
  blocked: false,
  started: false,
};

export const chat = () => `bot=${state.bot.id}&user=${state.me.id}`;

/** What is on show, as the server names it. */
export const view = () => (state.group ? `group=${state.group.id}&user=${state.me.id}` : chat());

export function save() {
  const people = [...(saved.people ?? []).filter((person) => person.id !== state.me?.id), state.me].filter(Boolean);
  Object.assign(saved, { bot: state.bot?.id, user: state.me?.id, people });
  localStorage.setItem(STORE, JSON.stringify(saved));
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

/** Makes an element the round picture of a person or a bot. */
export const face = (element, name, id) => avatar(element, [...name.replace('@', '')][0]?.toUpperCase() ?? '?', id);
