// The list of phones: who they belong to, what came last, what was not read.

import { byId, clock, make, post, toast } from './base.js';
import { ask, prepareSheets } from './forms.js';
import { attempt, dayOf, face, pretty } from './parts.js';

const list = byId('phones');

/** Lists the phones, the one with the newest message first; `open` is the number on show. */
export function showPhones(phones, lastOf, unread, open) {
  const when = ({ number }) => lastOf(number)?.id ?? 0;
  const sorted = [...phones].sort((a, b) => when(b) - when(a));
  const focused = document.activeElement?.closest('#phones a')?.hash;
  list.replaceChildren(...sorted.map((phone) => row(phone, lastOf(phone.number), unread.get(phone.number) ?? 0, open)));
  if (focused) list.querySelector(`a[href="${focused}"]`)?.focus();
  if (!sorted.length) list.append(make('li', { class: 'none' }, 'No phones yet.'));
}

function row(phone, last, unread, open) {
  const title = phone.name || pretty(phone.number);
  const preview = last ? `${last.mine ? 'You: ' : ''}${last.text}` : 'No messages';
  const line = (kind, ...parts) => make('span', { class: `line ${kind}` }, ...parts);
  const badge = unread
    ? make('span', { class: 'badge' }, String(unread), make('span', { class: 'sr' }, ' not read'))
    : null;
  const words = make(
    'span',
    { class: 'row-text' },
    line('row-name', make('b', {}, title), make('span', { class: 'row-time' }, last ? when(last.at) : '')),
    phone.name ? line('row-number', make('span', {}, pretty(phone.number))) : null,
    line('row-last', make('span', {}, preview), badge),
  );
  const picture = face(make('span', { class: 'avatar', 'aria-hidden': 'true' }), phone);
  if (phone.failing) picture.classList.add('off');
  const state = { class: unread ? 'pick unread' : 'pick', 'aria-current': phone.number === open && 'true' };
  return make('li', {}, make('a', { href: `#${phone.number}`, ...state }, picture, words));
}

function when(at) {
  if (!at) return '';
  return dayOf(at) === 'Today' ? clock(at) : new Date(at).toLocaleDateString([], { day: 'numeric', month: 'short' });
}

/** Shows who the open phone belongs to and what becomes of messages to it. */
export function showHead(phone) {
  face(byId('phone-avatar'), phone);
  byId('phone-name').textContent = phone.name || pretty(phone.number);
  byId('phone-number').textContent = phone.name ? pretty(phone.number) : 'No name';
  const network = byId('network');
  const code = phone.failing ? String(phone.failing.code) : '';
  if (code && ![...network.options].some((option) => option.value === code)) {
    network.append(make('option', { value: code }, `Error ${code}: ${phone.failing.meaning}`));
  }
  network.value = code;
  network.parentElement.classList.toggle('warn', Boolean(code));
}

/** Wires the list, the network of the phone that `open()` gives, and the sheet for a new one. */
export function preparePhones(open) {
  list.addEventListener('keydown', (event) => {
    const next = { ArrowUp: 'previousElementSibling', ArrowDown: 'nextElementSibling' }[event.key];
    const target = next && document.activeElement.closest('li')?.[next]?.querySelector('a');
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
  byId('network').addEventListener('change', ({ target }) => {
    attempt('network', { phone: open(), code: target.value ? Number(target.value) : null });
  });
  byId('new-phone').addEventListener('click', addPhone);
  prepareSheets();
}

async function addPhone() {
  byId('phone-sheet').querySelector('form').reset();
  if ((await ask('phone-sheet')) !== 'ok') return;
  try {
    const { number } = await post('phones', { number: byId('new-number').value, name: byId('new-name').value });
    window.location.hash = number;
  } catch (failure) {
    toast(failure.message);
  }
}
