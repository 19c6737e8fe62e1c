// The side: bots, people, channels.

import { byId, call, make, post, toast } from './base.js';
import { face, state } from './state.js';

const INSIDE = ['member', 'administrator', 'creator', 'restricted'];
const FLASH_MS = 2000;

const narrow = window.matchMedia('(max-width: 820px)');

/** Opens or closes the side where it is a drawer. */
export function showSide(open) {
  byId('side').classList.toggle('open', open);
  byId('side').inert = narrow.matches && !open;
  byId('shade').hidden = !narrow.matches || !open;
  byId('open-side').setAttribute('aria-expanded', String(open));
  if (open && narrow.matches) byId('close-side').focus();
}

/** Lists bots and people; `choose` is called with the bot and the person picked. */
export function showRows(choose) {
  const bots = state.bots.map((bot) =>
    row(bot.name, `@${bot.username}`, bot.id, bot.id === state.bot?.id, () => choose(bot, state.me)));
  const people = state.people.map((person) =>
    row(person.first_name, about(person), person.id, person.id === state.me?.id, () => choose(state.bot, person)));
  byId('bots').replaceChildren(...(bots.length ? bots : [make('li', { class: 'none' }, 'No bot is running.')]));
  byId('people').replaceChildren(...people);
}

function about(person) {
  return [person.username && `@${person.username}`, `id ${person.id}`, person.language_code].filter(Boolean).join(' · ');
}

function row(name, detail, id, chosen, onclick) {
  const picture = face(make('span', { class: 'avatar', 'aria-hidden': 'true' }), name, id);
  const words = make('span', { class: 'row-text' }, make('b', {}, name), make('span', {}, detail));
  return make('li', {}, make('button', { type: 'button', class: 'pick', 'aria-pressed': String(chosen), onclick }, picture, words));
}

export async function loadChannels() {
  state.channels = await call(`channels?user=${state.me.id}`).catch(() => []);
  showChannels();
}

function showChannels() {
  const rows = state.channels.map(channelRow);
  byId('channels').replaceChildren(...(rows.length ? rows : [make('li', { class: 'none' }, 'There are none.')]));
}

function channelRow(channel) {
  const inside = INSIDE.includes(channel.status);
  const name = channel.username ? `@${channel.username}` : channel.id;
  const words = make('span', { class: 'row-text' }, make('b', {}, channel.title), make('span', {}, `${name} · ${channel.status}`));
  const deed = inside ? 'Leave' : 'Join';
  const toggle = { type: 'button', class: `toggle ${deed.toLowerCase()}`, 'aria-label': `${deed} ${channel.title}` };
  const button = make('button', { ...toggle, onclick: () => join(channel, !inside) }, deed);
  return make('li', { class: 'channel', 'data-id': channel.id }, words, button);
}

const rowOf = (id) => byId('channels').querySelector(`[data-id="${id}"]`);

async function join(channel, wanted) {
  try {
    state.channels = await post('channels', { user: state.me.id, chat: channel.id, join: wanted });
    showChannels();
    rowOf(channel.id)?.querySelector('button').focus();
    toast(`${state.me.first_name} ${wanted ? 'joined' : 'left'} ${channel.title}.`);
  } catch (failure) {
    toast(failure.message);
  }
}

/** Points at a channel in the list. */
export function showChannel(id) {
  showSide(true);
  const found = rowOf(id);
  found.classList.add('flash');
  found.querySelector('button').focus();
  setTimeout(() => found.classList.remove('flash'), FLASH_MS);
}

export function prepareSide() {
  byId('open-side').addEventListener('click', () => showSide(true));
  byId('me').addEventListener('click', () => showSide(true));
  byId('close-side').addEventListener('click', () => showSide(false));
  byId('shade').addEventListener('click', () => showSide(false));
  document.addEventListener('keydown', (event) => event.key === 'Escape' && narrow.matches && showSide(false));
  narrow.addEventListener('change', () => showSide(false));
  showSide(false);
}
