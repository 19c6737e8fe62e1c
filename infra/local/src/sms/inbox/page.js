// The SMS inbox: which phone is on show, and what the server tells of all of them.

import { byId, listen, make } from './base.js';
import { prepareComposer } from './forms.js';
import { attempt, pretty } from './parts.js';
import { preparePhones, showHead, showPhones } from './phones.js';
import { confirmation, follow, showThread } from './thread.js';

const STORE = 'botyard.sms';
const QUICK = ['BAL', 'MINI', 'STMT', 'HELP', 'STOP', 'START'];

const wide = window.matchMedia('(min-width: 821px)');
const text = byId('text');

const state = {
  phones: [],
  /** By number; oldest first. */
  threads: new Map(),
  unread: new Map(),
  open: null,
};

const threadOf = (number) => state.threads.get(number) ?? [];
const phoneOf = (number) => state.phones.find((phone) => phone.number === number);

const heard = {
  snapshot: ({ number, phones, messages }) => {
    const first = state.open === null;
    state.phones = phones;
    state.threads = new Map();
    messages.forEach(keep);
    byId('status').textContent = `The bank is ${pretty(number)}`;
    byId('status').classList.remove('warn');
    if (first) choose();
    else open(phoneOf(state.open) ? state.open : '');
  },
  phones: ({ phones }) => {
    state.phones = phones;
    showList();
    if (phoneOf(state.open)) showHead(phoneOf(state.open));
    else choose();
  },
  message: ({ message }) => {
    const isNew = keep(message);
    if (!phoneOf(message.phone)) state.phones.push({ number: message.phone, name: '', failing: null });
    const isRead = message.phone === state.open && !document.hidden && isThreadShown();
    if (isNew && !message.mine && !isRead) state.unread.set(message.phone, (state.unread.get(message.phone) ?? 0) + 1);
    showList();
    if (!state.open) choose();
    else if (message.phone === state.open) {
      follow(message);
      showQuick();
    }
  },
};

/** Keeps a message or its new state; tells whether it is new. */
function keep(message) {
  const thread = threadOf(message.phone);
  const at = thread.findIndex(({ id }) => id === message.id);
  if (at >= 0) thread[at] = message;
  else thread.push(message);
  state.threads.set(message.phone, thread);
  return at < 0;
}

function showAway(words) {
  byId('status').textContent = words;
  byId('status').classList.add('warn');
}

const isThreadShown = () => wide.matches || byId('app').dataset.view === 'thread';

/** Opens the phone named by the address; where there is room for both, the one chosen last or the first. */
function choose() {
  const asked = decodeURIComponent(window.location.hash.slice(1)).replace(/\D/g, '');
  if (asked || !wide.matches) return open(asked);
  const kept = localStorage.getItem(STORE);
  const newest = [...state.phones].sort((a, b) => (threadOf(b.number).at(-1)?.id ?? 0) - (threadOf(a.number).at(-1)?.id ?? 0));
  return open(phoneOf(kept) ? kept : newest[0]?.number ?? '');
}

/** Shows a phone; an empty number shows the list. */
function open(number) {
  const phone = phoneOf(number);
  state.open = phone ? number : '';
  byId('app').dataset.view = phone ? 'thread' : 'list';
  byId('phone').hidden = !phone;
  byId('nothing').hidden = Boolean(phone);
  if (phone) {
    localStorage.setItem(STORE, number);
    state.unread.delete(number);
    showHead(phone);
    showThread(threadOf(number), phone);
    showQuick();
    text.placeholder = `Answer as ${phone.name || pretty(number)}`;
  }
  showList();
}

function showList() {
  showPhones(state.phones, (number) => threadOf(number).at(-1), state.unread, state.open);
  const count = [...state.unread.values()].reduce((sum, unread) => sum + unread, 0);
  document.title = count ? `(${count}) SMS inbox` : 'SMS inbox';
}

function showQuick() {
  const last = threadOf(state.open).findLast((message) => !message.mine);
  const answered = threadOf(state.open).at(-1)?.mine;
  const yes = last && !answered ? confirmation(last.text) : null;
  const button = (words) =>
    make('button', { type: 'button', class: words === yes ? 'pill primary' : 'pill', onclick: () => say(words) }, words);
  byId('quick').replaceChildren(...[yes, ...QUICK].filter(Boolean).map(button));
}

const say = (words) => attempt('answers', { phone: state.open, text: words });

function begin() {
  preparePhones(() => state.open);
  prepareComposer(say);
  window.addEventListener('hashchange', () => {
    const left = state.open;
    choose();
    const narrow = state.open ? byId('back') : document.querySelector(`#phones a[href="#${left}"]`);
    (wide.matches ? text : narrow)?.focus();
  });
  wide.addEventListener('change', choose);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || !state.open || !isThreadShown()) return;
    state.unread.delete(state.open);
    showList();
  });
  listen('events', heard, showAway);
}

begin();
