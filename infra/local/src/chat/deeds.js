// What a person can do in a chat beyond writing: press, copy, pay, follow a link, share.

import { byId, call, copy, toast } from './base.js';
import { openInvite, sayInGroup } from './group.js';
import * as sheets from './sheets.js';
import { showChannel } from './side.js';
import { act, chat, save, saved, state } from './state.js';

const ANSWER_WAIT_MS = 15_000;

/** Buttons that wait for their callback query to be answered, by query id. */
const pressed = new Map();
/** Queries answered before the page knew that the press had arrived. */
const answered = new Set();

export const deeds = {
  say: (words) => (state.group ? sayInGroup(words) : act({ act: 'say', text: words })),

  copy,

  press: async (messageId, data, button) => {
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    const update = await act({ act: 'press', message_id: messageId, button: data });
    const id = update?.callback_query.id;
    if (!update || answered.delete(id)) {
      release(button);
      return;
    }
    pressed.set(id, button);
    setTimeout(() => pressed.delete(id) && release(button), ANSWER_WAIT_MS);
  },

  pay: async (message) => {
    if (await sheets.payment(message.invoice, state.bot)) await act({ act: 'pay', message_id: message.message_id });
  },

  open: (url) => {
    if (/^(?:https?:\/\/)?t\.me\/(?:\+|joinchat\/)/.test(url)) {
      openInvite(url);
      return;
    }
    const inside = /^(?:https?:\/\/)?t\.me\/([A-Za-z0-9_]+)(?:\?start=([A-Za-z0-9_-]*))?$/.exec(url);
    const named = ({ username }) => username?.toLowerCase() === inside?.[1].toLowerCase();
    const channel = inside && state.channels.find(named);
    const bot = inside && state.bots.find(named);
    if (channel) showChannel(channel.id);
    else if (bot) window.location.assign(`/?${new URLSearchParams({ bot: bot.username, start: inside[2] ?? '' })}`);
    else window.open(/^(https?|tg):/i.test(url) ? url : `http://${url}`, '_blank', 'noopener');
  },
};

function release(button) {
  button.removeAttribute('aria-busy');
}

/** The bot answered a callback query. */
export function showAnswer(query, words, isAlert) {
  const button = pressed.get(query);
  if (pressed.delete(query)) release(button);
  else if (answered.add(query)) setTimeout(() => answered.delete(query), ANSWER_WAIT_MS);
  if (words && isAlert) sheets.alert(words);
  else if (words) toast(words);
}

/** Shares a document, a location or a contact after asking which; tells whether it did. */
export async function share(kind) {
  if (kind === 'document') return shareDocument();
  const wanted = kind === 'location' ? await sheets.location() : await sheets.contact(state.me, ownNumber(), state.people);
  if (!wanted) return false;
  if (wanted.user_id === state.me.id) {
    saved.phones = { ...saved.phones, [state.me.id]: wanted.phone_number };
    save();
  }
  const done = await act(wanted);
  byId('text').focus();
  return Boolean(done);
}

const ownNumber = () => saved.phones?.[state.me.id] ?? `+9190000${String(state.me.id).padStart(5, '0')}`;

async function shareDocument() {
  const chosen = await sheets.file();
  if (!chosen?.file) return false;
  const headers = {
    'Content-Type': chosen.file.type || 'application/octet-stream',
    'X-File-Name': encodeURIComponent(chosen.file.name),
    'X-Caption': encodeURIComponent(chosen.caption),
  };
  try {
    await call(`documents?${chat()}`, { method: 'POST', headers, body: chosen.file });
    return true;
  } catch (failure) {
    toast(failure.message);
    return false;
  }
}
