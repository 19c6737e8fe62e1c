// The face of a phone, words for numbers and days, and what is done at the server.

import { avatar, icon, longDay, post, toast } from './base.js';

/** Makes an element the round picture of a phone: its owner's first letter, else a phone. */
export function face(element, phone) {
  return avatar(element, phone.name ? [...phone.name][0].toUpperCase() : icon('phone'), Number(phone.number.slice(-4)));
}

/** A number as people write it: +91 90000 00001. */
export function pretty(number) {
  const shapes = [/^(91)(\d{5})(\d{5})$/, /^(1)(\d{3})(\d{3})(\d{4})$/, /^(7)(\d{3})(\d{3})(\d{2})(\d{2})$/];
  const found = shapes.map((shape) => shape.exec(number)).find(Boolean);
  if (found) return `+${found.slice(1).join(' ')}`;
  return /^\d{7,}$/.test(number) ? `+${number}` : number;
}

/** The day of a message, for the line between days; messages from before the server looked have none. */
export function dayOf(at) {
  if (!at) return 'Earlier';
  const day = new Date(at).toDateString();
  if (day === new Date().toDateString()) return 'Today';
  return longDay(at);
}

/** Does it and tells whether it was done; a refusal is shown. */
export async function attempt(path, body) {
  try {
    await post(path, body);
    return true;
  } catch (failure) {
    toast(failure instanceof TypeError ? 'The server is away.' : failure.message);
    return false;
  }
}
