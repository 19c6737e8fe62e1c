// The foot of a chat: the text being written, the bot's commands, the bot's keyboard.

import { byId, call, icon, make } from './base.js';
import { deeds, share } from './deeds.js';
import { grow, prepareComposer } from './forms.js';
import * as sheets from './sheets.js';
import { act, chat, state } from './state.js';

const text = byId('text');
const commands = byId('commands');

/** Shows what the person can do now: write, start or unblock. */
export function showFoot() {
  const { group } = state;
  byId('composer').hidden = group ? !group.is_inside : state.blocked || !state.started;
  byId('start').hidden = Boolean(group) || state.blocked || state.started || !state.bot;
  byId('unblock').hidden = Boolean(group) || !state.blocked;
  byId('outside').hidden = !group || group.is_inside;
  if (group) byId('outside').textContent = whyOutside(group);
  byId('attach').hidden = Boolean(group);
  byId('block').disabled = !state.bot;
  byId('block').setAttribute('aria-pressed', state.blocked);
  byId('block').title = state.blocked ? 'Unblock the bot' : 'Block the bot';
  showKeyboard();
}

function whyOutside(group) {
  if (group.has_asked) return `${state.me.first_name} asks to join and waits for the answer.`;
  const was = group.status === 'kicked' ? 'was removed from' : 'is not in';
  return `${state.me.first_name} ${was} this group. An invite link leads into it.`;
}

/** The bot shows a reply keyboard, or none. */
export function setKeyboard(keyboard) {
  Object.assign(state, { keyboard, keyboardHidden: false });
  const rows = (keyboard?.keyboard ?? []).map((row) => make('div', { class: 'row' }, ...row.map(keyboardButton)));
  byId('keyboard').replaceChildren(...rows);
  text.placeholder = keyboard?.input_field_placeholder ?? 'Message';
  showKeyboard();
}

function showKeyboard() {
  const usable = Boolean(state.keyboard) && !state.blocked;
  byId('keyboard').hidden = !usable || state.keyboardHidden;
  byId('show-keyboard').hidden = !usable;
  byId('show-keyboard').setAttribute('aria-expanded', usable && !state.keyboardHidden);
}

function keyboardButton(button) {
  const words = button.text ?? button;
  const kind = button.request_contact ? 'contact' : button.request_location ? 'location' : null;
  const onclick = async () => {
    const done = kind ? await share(kind) : await deeds.say(words);
    if (!done || !state.keyboard?.one_time_keyboard) return;
    state.keyboardHidden = true;
    showKeyboard();
  };
  const symbol = kind && icon(kind === 'contact' ? 'person' : 'place');
  return make('button', { type: 'button', onclick }, symbol, words);
}

export async function loadCommands() {
  state.commands = state.group ? [] : await call(`commands?${chat()}`).catch(() => []);
  byId('show-commands').hidden = !state.commands.length;
  showCommands(null);
}

/** Lists the commands that begin so; null hides the list. */
function showCommands(prefix) {
  const fitting = prefix === null ? [] : state.commands.filter(({ command }) => `/${command}`.startsWith(prefix));
  commands.replaceChildren(...fitting.map(commandButton));
  commands.hidden = !fitting.length;
  byId('show-commands').setAttribute('aria-expanded', fitting.length > 0);
}

function commandButton({ command, description }) {
  const onclick = () => {
    text.value = '';
    grow();
    showCommands(null);
    deeds.say(`/${command}`);
    text.focus();
  };
  return make('button', { type: 'button', onclick }, make('b', {}, `/${command}`), make('span', {}, description));
}

function say(words) {
  showCommands(null);
  return deeds.say(words);
}

function onKey(event) {
  if (event.key !== 'ArrowUp' || commands.hidden) return;
  event.preventDefault();
  commands.lastElementChild.focus();
}

function onCommandKey(event) {
  const next = { ArrowUp: 'previousElementSibling', ArrowDown: 'nextElementSibling' }[event.key];
  if (!next) return;
  event.preventDefault();
  (document.activeElement[next] ?? text).focus();
}

async function attach() {
  const kind = await sheets.attach();
  if (kind) await share(kind);
}

export function prepareFoot() {
  prepareComposer(say);
  text.addEventListener('keydown', onKey);
  text.addEventListener('input', () => showCommands(/^\/\w*$/.test(text.value) ? text.value : null));
  commands.addEventListener('keydown', onCommandKey);
  byId('show-commands').addEventListener('click', () => showCommands(commands.hidden ? '/' : null));
  byId('show-keyboard').addEventListener('click', () => {
    state.keyboardHidden = !state.keyboardHidden;
    showKeyboard();
  });
  byId('attach').addEventListener('click', attach);
  byId('start').addEventListener('click', () => deeds.say('/start'));
  byId('unblock').addEventListener('click', () => act({ act: 'unblock' }));
  byId('block').addEventListener('click', () => act({ act: state.blocked ? 'unblock' : 'block' }));
  document.addEventListener('keydown', (event) => event.key === 'Escape' && showCommands(null));
}
