// The sheets that ask a person for something. Each resolves to what was entered, or to null.

import { byId, make } from './base.js';
import { ask, prepareSheets } from './forms.js';

const PLACES = [
  ['Bengaluru', 12.9716, 77.5946],
  ['New York', 40.7128, -74.006],
  ['Berlin', 52.52, 13.405],
  ['Moscow', 55.7558, 37.6173],
  ['Hong Kong', 22.3, 114.17],
  ['Open sea', 30, -40],
];

/** Shows a text until it is acknowledged. */
export async function alert(text) {
  byId('alert-text').textContent = text;
  await ask('alert-sheet');
}

/** Which kind of thing to share: document, location, contact or ''. */
export function attach() {
  return ask('attach-sheet');
}

/** A place, as an act. */
export async function location() {
  const [latitude, longitude] = [byId('latitude'), byId('longitude')];
  if (!latitude.value) [latitude.value, longitude.value] = PLACES[0].slice(1);
  if ((await ask('location-sheet')) !== 'ok') return null;
  const manner = document.querySelector('input[name=manner]:checked').value;
  return {
    act: 'share_location',
    latitude: Number(latitude.value),
    longitude: Number(longitude.value),
    forwarded: manner === 'forwarded',
    live_period: manner === 'live' ? 900 : null,
    venue: manner === 'venue' ? 'Town hall' : null,
  };
}

/** A contact of `me` (with this number) or of one of the others, as an act. */
export async function contact(me, number, people) {
  const owner = byId('card-owner');
  const others = people.filter((person) => person.id !== me.id);
  owner.replaceChildren(
    make('option', { value: me.id }, `mine (${me.first_name})`),
    ...others.map((person) => make('option', { value: person.id }, `that of ${person.first_name}`)),
    make('option', { value: '' }, 'someone not on Telegram'),
  );
  byId('phone').value = number;
  if ((await ask('contact-sheet')) !== 'ok') return null;
  const id = owner.value ? Number(owner.value) : null;
  const name = people.find((person) => person.id === id)?.first_name ?? 'Someone';
  return { act: 'share_contact', phone_number: byId('phone').value.trim(), first_name: name, user_id: id };
}

/** A file and its caption. */
export async function file() {
  byId('file').value = '';
  byId('caption').value = '';
  if ((await ask('document-sheet')) !== 'ok') return null;
  return { file: byId('file').files[0], caption: byId('caption').value.trim() };
}

/** Whether the person agrees to pay this invoice. */
export async function payment(invoice, bot) {
  byId('pay-text').textContent = `“${invoice.title}” from ${bot.name}`;
  byId('pay-amount').textContent = `Pay ⭐\u00a0${invoice.total_amount}`;
  return (await ask('pay-sheet')) === 'ok';
}

/** A new person. */
export async function person(freeId) {
  byId('first-name').value = '';
  byId('username').value = '';
  byId('person-id').value = freeId;
  if ((await ask('person-sheet')) !== 'ok') return null;
  return {
    id: Number(byId('person-id').value),
    first_name: byId('first-name').value.trim(),
    username: byId('username').value.replace('@', '').trim() || null,
    language_code: byId('language').value,
  };
}

/** Wires what is in the sheets themselves: the places, the device's own place, how they are dismissed. */
export function prepare(complain) {
  const put = (latitude, longitude) => {
    byId('latitude').value = latitude;
    byId('longitude').value = longitude;
  };
  const pill = ([name, ...place]) => make('button', { type: 'button', onclick: () => put(...place) }, name);
  byId('presets').append(...PLACES.map(pill));
  byId('here').addEventListener('click', () => {
    const found = ({ coords }) => put(coords.latitude.toFixed(5), coords.longitude.toFixed(5));
    navigator.geolocation.getCurrentPosition(found, () => complain('This device does not tell its place.'), { timeout: 8000 });
  });
  prepareSheets();
}
