// The messages of the phone on show.

import { byId, copy, icon, make, timeOf } from './base.js';
import { dayOf, pretty } from './parts.js';
import { isAtEnd, toEnd } from './scroll.js';

const FRESH_MS = 2600;
/** A web address, or a date, which is not to be broken at its hyphens. */
const SPECIAL = /https?:\/\/[^\s<>"]+|\b\d{4}-\d\d-\d\d\b/g;
const CODE = /(?<![\d.])\d{6}(?!\d|\.\d)/;
const STATES = {
  queued: ['clock', 'Queued'],
  sent: ['one', 'Sent'],
  delivered: ['two', 'Delivered'],
  undelivered: ['failed', 'Not delivered'],
  failed: ['failed', 'Failed'],
  sending: ['clock', 'Sending'],
  taken: ['two', 'Received by the bank'],
  'not taken': ['failed', 'Not taken'],
};

const list = byId('messages');

const itemOf = (id) => list.querySelector(`[data-id="${id}"]`);

/** Shows these messages and no others. */
export function showThread(messages, phone) {
  list.setAttribute('aria-busy', 'true');
  list.replaceChildren();
  delete list.dataset.day;
  delete list.dataset.peer;
  messages.forEach((message) => put(message));
  if (!messages.length) {
    const who = phone.name || 'This phone';
    list.append(make('li', { class: 'empty' }, `${who} has no messages yet. Write one below, such as BAL or HELP.`));
  }
  list.removeAttribute('aria-busy');
  toEnd();
}

/** Adds a message at the end, or changes the state of the one on show; its text never changes. */
function put(message) {
  const item = messageItem(message);
  const known = itemOf(message.id);
  if (known) {
    known.classList.toggle('failed', item.classList.contains('failed'));
    known.querySelector('.meta').replaceWith(item.querySelector('.meta'));
    return known;
  }
  const day = dayOf(message.at);
  if (list.dataset.day !== day) list.append(make('li', { class: 'day' }, make('span', {}, day)));
  if (!message.mine && message.peer && list.dataset.peer !== message.peer) {
    list.append(make('li', { class: 'peer' }, pretty(message.peer)));
  }
  list.dataset.day = day;
  if (!message.mine) list.dataset.peer = message.peer ?? '';
  list.append(item);
  return item;
}

/** Shows a message that came or changed just now, and follows it unless the person reads further up. */
export function follow(message) {
  const isNew = !itemOf(message.id);
  const atEnd = isAtEnd() || message.mine;
  list.querySelector('.empty')?.remove();
  const item = put(message);
  if (isNew && !message.mine) {
    item.classList.add('fresh');
    setTimeout(() => itemOf(message.id)?.classList.remove('fresh'), FRESH_MS);
  }
  if (atEnd || !isNew) return atEnd && toEnd();
  byId('to-end').hidden = false;
  return undefined;
}

function messageItem(message) {
  const [symbol, words] = STATES[message.status] ?? ['failed', message.status];
  const failed = symbol === 'failed';
  const bubble = make('div', { class: 'bubble' }, make('div', { class: 'text' }, ...marked(message.text)));
  const code = message.mine ? null : codeOf(message.text);
  if (code) bubble.append(copyButton(code));
  const meta = make(
    'div',
    { class: 'meta' },
    message.at ? timeOf(message.at) : null,
    make('span', { class: failed ? 'state warn' : 'state' }, icon(symbol), message.problem ? `${words}: ${message.problem}` : words),
    message.mine ? null : make('span', { title: message.encoding }, segments(message)),
    message.source === 'SNS' ? make('span', { class: 'tag', title: 'Sent through Amazon SNS' }, 'SNS') : null,
  );
  const side = message.mine ? 'mine' : 'theirs';
  const item = make('li', { class: failed ? `${side} failed` : side, 'data-id': message.id }, bubble, meta);
  item.prepend(make('span', { class: 'sr' }, message.mine ? 'From this phone:' : 'To this phone:'));
  return item;
}

function segments({ segments: count, encoding }) {
  const words = `${count} ${count === 1 ? 'segment' : 'segments'}`;
  return encoding === 'UCS-2' ? `${words}, ${encoding}` : words;
}

/** The text with its web addresses as links; a sign that ends the sentence is not part of one. */
function marked(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(SPECIAL)) {
    const words = found[0].replace(/[.,;:!?)\]]+$/, '');
    const link = { href: words, target: '_blank', rel: 'noopener noreferrer' };
    const element = words.startsWith('http') ? make('a', link, words) : make('span', { class: 'date' }, words);
    parts.push(text.slice(at, found.index), element);
    at = found.index + words.length;
  }
  return [...parts, text.slice(at)];
}

/** The six digits of a message that speaks of a code. */
const codeOf = (text) => (/\bcode\b|\bYES\b|код/i.test(text) ? CODE.exec(text)?.[0] : null);

/** What confirms a pending payment, if the message asks for it. */
export const confirmation = (text) => /\bYES (\d{6})\b/.exec(text)?.[0] ?? null;

function copyButton(code) {
  return make('button', { type: 'button', class: 'copy', onclick: () => copy(code) }, icon('copy'), `Copy ${code}`);
}
