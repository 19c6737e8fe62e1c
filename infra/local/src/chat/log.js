// The messages on show.

import { byId, longDay, make } from './base.js';
import { deeds } from './deeds.js';
import { messageItem } from './messages.js';
import { isAtEnd, toEnd } from './scroll.js';
import { state } from './state.js';

const list = byId('messages');

const itemOf = (id) => list.querySelector(`[data-id="${id}"]`);

/** Shows these messages and no others. */
export function showAll(messages) {
  list.replaceChildren();
  delete list.dataset.day;
  messages.forEach(put);
  showEmpty();
  toEnd();
}

/** Adds a message at the end, or changes the one on show. */
export function put(message) {
  const item = messageItem(message, deeds, state);
  const known = itemOf(message.message_id);
  if (known) {
    known.replaceWith(item);
    return;
  }
  const day = longDay(message.date * 1000);
  if (list.dataset.day !== day) list.append(make('li', { class: 'day' }, make('span', {}, day)));
  list.dataset.day = day;
  list.append(item);
}

/** Adds a message and follows it unless the person reads further up. */
export function follow(message) {
  const atEnd = isAtEnd() || message.from?.id === state.me.id;
  list.querySelector('.empty')?.remove();
  put(message);
  if (atEnd) toEnd();
  else byId('to-end').hidden = false;
}

export function remove(id) {
  const item = itemOf(id);
  if (!item) return;
  item.removeAttribute('data-id');
  item.classList.add('gone');
  setTimeout(() => item.remove(), 180);
}

function showEmpty() {
  if (list.childElementCount || !(state.bot || state.group)) return;
  const { bot, group, me } = state;
  const words = group ? 'Nothing has happened here yet.' : `${me.first_name} has not talked to ${bot.name} yet.`;
  list.append(make('li', { class: 'empty' }, words));
}
