// The side: bots, people, channels.

import { byId, call, make, post, toast } from './base.js';
import { face, state } from './state.js';

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

/** Called with the bot, the person and the group picked. */
let chooseView = null;

/** Lists bots and people; `choose` is called with the bot, the person and perhaps the group picked. */
export function showRows(choose) {
  chooseView = choose;
  const bots = state.bots.map((bot) =>
    row(bot.name, `@${bot.username}`, bot.id, !state.group && bot.id === state.bot?.id, () => choose(bot, state.me)));
  const people = state.people.map((person) =>
    row(person.first_name, about(person), person.id, person.id === state.me?.id, () => choose(state.bot, person, state.group?.id)));
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
  const inside = channel.is_inside;
  const name = channel.username ? `@${channel.username}` : channel.is_channel ? channel.id : 'private';
  const status = channel.has_asked ? 'asks to join' : channel.status;
  const words = make('span', { class: 'row-text' }, make('b', {}, channel.title), make('span', {}, `${name} · ${status}`));
  const item = make('li', { class: 'channel', 'data-id': channel.id }, channel.is_channel ? words : groupButton(channel, words));
  if (!inside && !channel.is_open) return item;
  const deed = inside ? 'Leave' : 'Join';
  const toggle = { type: 'button', class: `toggle ${deed.toLowerCase()}`, 'aria-label': `${deed} ${channel.title}` };
  item.append(make('button', { ...toggle, onclick: () => join(channel, !inside) }, deed));
  return item;
}

function groupButton(group, words) {
  const chosen = String(group.id === state.group?.id);
  const onclick = () => chooseView(state.bot, state.me, group.id);
  return make('button', { type: 'button', class: 'pick', 'aria-pressed': chosen, onclick }, words);
}

const rowOf = (id) => byId('channels').querySelector(`[data-id="${id}"]`);

async function join(channel, wanted) {
  try {
    state.channels = await post('channels', { user: state.me.id, chat: channel.id, join: wanted });
    showChannels();
    rowOf(channel.id)?.querySelector('button')?.focus();
    toast(`${state.me.first_name} ${wanted ? 'joined' : 'left'} ${channel.title}.`);
  } catch (failure) {
    toast(failure.message);
  }
}

/** The person leaves a group or channel. */
export const leave = (channel) => join(channel, false);

/** Points at a channel in the list. */
export function showChannel(id) {
  showSide(true);
  const found = rowOf(id);
  found.classList.add('flash');
  found.querySelector('button')?.focus();
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
