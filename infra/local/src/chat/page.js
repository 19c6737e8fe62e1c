// The chat page: who talks to which bot, and what the server tells of their chat.

import { byId, call, listen, post, toast } from './base.js';
import { deeds, showAnswer } from './deeds.js';
import { loadCommands, prepareFoot, setKeyboard, showFoot } from './foot.js';
import { groupState, hearMembership, loadGroup, prepareGroup, showGroup } from './group.js';
import { follow, put, remove, showAll } from './log.js';
import * as sheets from './sheets.js';
import { loadChannels, prepareSide, showRows, showSide } from './side.js';
import { face, save, saved, state, view } from './state.js';

const TYPING_MS = 5000;
const FREE_IDS_FROM = 1001;

let stream = null;
let statusTimer = 0;

const heard = {
  snapshot: ({ messages, keyboard, blocked, started, group }) => {
    Object.assign(state, { blocked, started, group });
    showAll(messages);
    setKeyboard(keyboard ?? null);
    showGroup();
    showFoot();
  },
  message: ({ message }) => {
    state.started = true;
    follow(message);
    showFoot();
  },
  edited: ({ message }) => put(message),
  deleted: ({ message_ids: ids }) => ids.forEach(remove),
  keyboard: ({ keyboard }) => setKeyboard(keyboard),
  blocked: ({ blocked }) => {
    Object.assign(state, { blocked, started: true });
    showFoot();
  },
  answer: ({ query, text, show_alert: isAlert }) => showAnswer(query, text, isAlert),
  checkout: ({ ok, text }) => !ok && sheets.alert(`The payment was refused: ${text}`),
  membership: (event) => hearMembership(event),
  commands: () => loadCommands(),
  action: () => showStatus('typing…', TYPING_MS),
  waiting: ({ count, error }) => showWaiting(count, error),
};

/** Listens to the chat; resolves when its first state is on show. */
function listenToChat() {
  stream?.close();
  let away = false;
  stream = listen(`events?${view()}`, heard, (words) => {
    away = true;
    showStatus(words);
  });
  stream.onopen = async () => {
    showStatus('');
    if (away) await loadWorld().then(restorePeople).then(loadChannels);
    away = false;
  };
  return new Promise((resolve) => stream.addEventListener('message', resolve, { once: true }));
}

/** Shows a word under the name on top; without one, the bot's username or how many are in the group. */
function showStatus(words, forMs = 0) {
  clearTimeout(statusTimer);
  const place = byId('bot-state');
  place.textContent = words || (state.group ? groupState() : state.bot ? `@${state.bot.username}` : '');
  place.classList.remove('warn');
  if (forMs) statusTimer = setTimeout(() => showStatus(''), forMs);
}

function showWaiting(count, error) {
  if (!count) return showStatus('');
  showStatus(error ? `${count} not delivered: ${error}` : `${count} on the way to the bot…`);
  byId('bot-state').classList.toggle('warn', Boolean(error));
  return undefined;
}

/** Shows the chat of a person with a bot, or a group as he sees it. */
async function choose(bot, me, group = null) {
  Object.assign(state, { bot, me, group: null });
  if (group) await loadGroup(group).catch((failure) => toast(failure.message));
  showRows(choose);
  await loadChannels();
  face(byId('me-avatar'), me.first_name, me.id);
  byId('me-name').textContent = me.first_name;
  showGroup();
  if (!bot && !state.group) {
    showFoot();
    return;
  }
  save();
  if (!state.group) {
    face(byId('bot-avatar'), bot.name, bot.id);
    byId('bot-name').textContent = bot.name;
  }
  document.title = `${state.group?.title ?? bot.name} · Botyard chat`;
  showSide(false);
  await Promise.all([listenToChat(), loadCommands()]);
}

async function addPerson() {
  const free = Math.max(FREE_IDS_FROM - 1, ...state.people.map((person) => person.id)) + 1;
  const person = await sheets.person(free);
  if (!person) return;
  try {
    await post('people', person);
    await loadWorld();
    await choose(state.bot, state.people.find(({ id }) => id === person.id), state.group?.id);
  } catch (failure) {
    toast(failure.message);
  }
}

async function loadWorld() {
  Object.assign(state, await call('world'));
}

/** People made here are made again when the server has been restarted since. */
async function restorePeople() {
  const lost = (saved.people ?? []).filter((person) => !state.people.some(({ id }) => id === person.id));
  if (!lost.length && !state.people.length) lost.push({ id: 7, first_name: 'Alice', username: 'alice', language_code: 'en' });
  for (const person of lost) await post('people', person).catch(() => null);
  if (lost.length) await loadWorld();
}

/** The first that exists of those asked for by address, chosen last, and usual. */
function first(all, ...wanted) {
  return wanted.map((fits) => all.find(fits)).find(Boolean) ?? all[0];
}

async function begin() {
  sheets.prepare(toast);
  prepareSide();
  prepareFoot();
  prepareGroup(choose);
  byId('new-person').addEventListener('click', addPerson);
  try {
    await loadWorld();
    await restorePeople();
  } catch (failure) {
    showStatus(failure.message);
    return;
  }
  const asked = new URLSearchParams(window.location.search);
  const bot = first(state.bots, ({ username }) => username === asked.get('bot'), ({ id }) => id === saved.bot);
  const me = first(state.people, ({ id }) => id === Number(asked.get('user')), ({ id }) => id === saved.user, ({ id }) => id === 7);
  await choose(bot, me);
  if (!bot) showStatus('No bot is running.');
  window.history.replaceState(null, '', '/');
  if (bot && asked.has('start')) await deeds.say(`/start ${asked.get('start')}`);
}

begin();
