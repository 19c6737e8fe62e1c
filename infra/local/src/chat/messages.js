// Turns Bot API messages into elements.

import { icon, make, timeOf } from './base.js';

const TAGS = {
  bold: 'strong',
  italic: 'em',
  underline: 'u',
  strikethrough: 's',
  blockquote: 'blockquote',
  pre: 'pre',
  code: 'code',
};

/** The list item of one message as `me` sees it; `deeds` are what its links and buttons call. */
export function messageItem(message, deeds, { me, group }) {
  const note = serviceNote(message, me);
  if (note) {
    return make('li', { class: 'service', 'data-id': message.message_id }, make('span', {}, note));
  }
  const bubble = make('div', { class: message.edit_date ? 'bubble edited' : 'bubble' });
  const mine = group ? message.from?.id === me.id : !message.by_bot;
  const author = message.from?.first_name ?? message.chat.title;
  if (group && !mine) bubble.append(make('div', { class: 'author' }, author));
  if (message.reply_to_message) bubble.append(quote(message.reply_to_message));
  bubble.append(...cards(message, deeds));
  const text = message.text ?? message.caption;
  if (text) {
    const body = make('div', { class: 'text' });
    const entities = [...(message.entities ?? message.caption_entities ?? [])];
    entities.sort((a, b) => a.offset - b.offset || b.length - a.length);
    fill(body, text, entities, 0, text.length, deeds);
    bubble.append(body);
  }
  bubble.append(meta(message));
  const item = make('li', { class: mine ? 'mine' : 'theirs', 'data-id': message.message_id }, bubble);
  item.prepend(make('span', { class: 'sr' }, mine ? 'You:' : group ? `${author}:` : 'Bot:'));
  const rows = message.reply_markup?.inline_keyboard;
  if (rows?.length) item.append(inlineKeyboard(message, rows, deeds));
  return item;
}

function meta(message) {
  return make('div', { class: 'meta' }, message.edit_date ? 'edited ' : null, timeOf(message.date * 1000));
}

function serviceNote(message, me) {
  const name = (user) => (user.id === me.id ? 'You' : user.first_name);
  const { from, new_chat_members: came, left_chat_member: gone } = message;
  if (came) {
    const names = came.map(name).join(', ');
    return came.some(({ id }) => id === from.id) ? `${names} joined the group` : `${name(from)} added ${names}`;
  }
  if (gone) return gone.id === from.id ? `${name(gone)} left the group` : `${name(from)} removed ${gone.id === me.id ? 'you' : gone.first_name}`;
  if (message.successful_payment) return `You paid ⭐ ${message.successful_payment.total_amount}`;
  if (message.refunded_payment) return `⭐ ${message.refunded_payment.total_amount} came back to you`;
  return null;
}

function quote(replied) {
  const text = replied.text ?? replied.caption ?? kindOf(replied);
  return make('div', { class: 'quote' }, text);
}

function kindOf(message) {
  const kinds = { photo: 'Photo', contact: 'Contact', location: 'Location', document: 'Document', invoice: 'Invoice' };
  return Object.entries(kinds).find(([field]) => message[field])?.[1] ?? 'Message';
}

function cards(message, deeds) {
  const found = [];
  if (message.photo) found.push(photoCard(message.picture, deeds));
  if (message.contact) found.push(contactCard(message.contact));
  if (message.location) found.push(placeCard(message));
  if (message.document) found.push(documentCard(message.document));
  if (message.invoice) found.push(invoiceCard(message.invoice));
  return found;
}

function card(symbol, title, ...lines) {
  const words = make('div', {}, make('div', { class: 'card-title' }, title), ...lines.map((line) => make('div', { class: 'card-line' }, line)));
  return make('div', { class: 'card' }, make('span', { class: 'card-icon' }, icon(symbol)), words);
}

function contactCard(contact) {
  return card('person', contact.first_name, contact.phone_number);
}

function placeCard(message) {
  const { latitude, longitude, live_period: live } = message.location;
  const title = message.venue?.title ?? (live ? 'Live location' : 'Location');
  const forwarded = message.forward_origin ? 'forwarded' : null;
  return card('place', title, ...[`${latitude.toFixed(4)}, ${longitude.toFixed(4)}`, forwarded].filter(Boolean));
}

/** A picture that Telegram would fetch stays where it is: the page loads nothing from outside. */
function photoCard(picture, deeds) {
  if (picture?.startsWith('/')) return make('img', { class: 'photo', src: picture, alt: 'Photo' });
  const shown = link(picture ?? '', deeds);
  shown.append(picture ?? 'no longer kept');
  return card('picture', 'Photo', shown);
}

function documentCard(file) {
  const link = make('a', { href: `/chat/api/files/${file.file_id}`, class: 'download', download: file.file_name });
  link.append(card('file', file.file_name, `${size(file.file_size)} · Download`));
  return link;
}

function invoiceCard(invoice) {
  return make(
    'div',
    { class: 'invoice' },
    make('div', { class: 'card-title' }, invoice.title),
    make('p', {}, invoice.description),
    make('div', { class: 'amount' }, `⭐ ${invoice.total_amount}`),
  );
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** Appends text[start..end] to parent, with the entities that lie in it. */
function fill(parent, text, entities, start, end, deeds) {
  let at = start;
  while (entities.length && entities[0].offset < end) {
    const entity = entities.shift();
    if (entity.offset < at) continue;
    parent.append(text.slice(at, entity.offset));
    const stop = Math.min(entity.offset + entity.length, end);
    const element = marked(entity, text.slice(entity.offset, stop), deeds);
    fill(element, text, entities, entity.offset, stop, deeds);
    parent.append(element);
    at = stop;
  }
  parent.append(text.slice(at, end));
}

function marked(entity, text, deeds) {
  switch (entity.type) {
    case 'code':
    case 'pre':
      return copyable(TAGS[entity.type], text, deeds);
    case 'text_link':
    case 'url':
      return link(entity.url ?? text, deeds);
    case 'mention':
      return link(`https://t.me/${text.slice(1)}`, deeds);
    case 'bot_command':
      return make('button', { type: 'button', class: 'link', onclick: () => deeds.say(text) });
    case 'spoiler':
      return spoiler();
    default:
      return make(TAGS[entity.type] ?? 'span');
  }
}

function copyable(tag, text, deeds) {
  const copy = () => deeds.copy(text);
  const onkeydown = (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    copy();
  };
  return make(tag, { role: 'button', tabindex: '0', title: 'Tap to copy', onclick: copy, onkeydown });
}

function link(url, deeds) {
  const onclick = (event) => {
    event.preventDefault();
    deeds.open(url);
  };
  const safe = /^(https?|tg):/i.test(url) ? url : `http://${url}`;
  return make('a', { href: safe, target: '_blank', rel: 'noopener noreferrer', onclick });
}

function spoiler() {
  const reveal = (event) => event.currentTarget.classList.add('revealed');
  const onkeydown = (event) => event.key === 'Enter' && reveal(event);
  return make('span', { class: 'spoiler', role: 'button', tabindex: '0', 'aria-label': 'Hidden text', onclick: reveal, onkeydown });
}

function inlineKeyboard(message, rows, deeds) {
  const keyboard = make('div', { class: 'inline-keyboard', role: 'group', 'aria-label': 'Buttons' });
  for (const row of rows) {
    keyboard.append(make('div', { class: 'row' }, ...row.map((button) => inlineButton(message, button, deeds))));
  }
  return keyboard;
}

function inlineButton(message, button, deeds) {
  const element = make('button', { type: 'button' }, make('span', {}, button.text));
  if (button.callback_data) {
    element.addEventListener('click', () => deeds.press(message.message_id, button.callback_data, element));
  } else if (button.url) {
    element.append(icon('link'));
    element.addEventListener('click', () => deeds.open(button.url));
  } else if (button.copy_text) {
    element.append(icon('copy'));
    element.addEventListener('click', () => deeds.copy(button.copy_text.text));
  } else if (button.pay) {
    element.classList.add('pay');
    element.addEventListener('click', () => deeds.pay(message));
  } else {
    element.disabled = true;
    element.title = 'This kind of button works only in Telegram';
  }
  return element;
}
