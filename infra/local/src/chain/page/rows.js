// The list of transactions, kept in place while their confirmations grow.

import { byId, copy, icon, make, post, timeOf, toast } from './base.js';

const FRESH_MS = 2600;

const list = byId('list');
const items = new Map();

/** The transaction that was paid on this page just now. */
let mine = null;

/** Both ends of an address or a hash. */
export const short = (text, end = 6) => `${text.slice(0, end)}…${text.slice(-end)}`;

/** Brings the transaction of this hash to notice as soon as it is in the list. */
export function announce(hash) {
  mine = hash;
  notice();
}

function notice() {
  const item = mine && items.get(mine);
  if (!item) return;
  mine = null;
  item.classList.add('fresh');
  setTimeout(() => item.classList.remove('fresh'), FRESH_MS);
  item.scrollIntoView({ block: 'nearest' });
}

/** Shows these transactions and no others. */
export function showTransactions(transactions, finalAfter) {
  byId('empty').hidden = transactions.length > 0;
  const hashes = new Set(transactions.map(({ hash }) => hash));
  for (const [hash, item] of items) {
    if (hashes.has(hash)) continue;
    item.remove();
    items.delete(hash);
  }
  transactions.forEach((tx, at) => {
    const item = items.get(tx.hash) ?? add(tx);
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
    showProgress(item, tx, finalAfter);
  });
  notice();
}

function add(tx) {
  const amount = tx.amount === null ? 'No transfer' : `${tx.amount} ${tx.token}`;
  const more = tx.more ? make('span', { class: 'small' }, ` and ${tx.more} more`) : null;
  const isOdd = tx.token !== 'USDT' || tx.result !== 'success';
  const item = make(
    'li',
    {},
    make('div', { class: 'line' }, make('b', { class: isOdd ? 'amount odd' : 'amount' }, amount, more ?? ''), make('span', { class: 'state' })),
    make('progress', { 'aria-hidden': 'true' }),
    tx.from && make('p', { class: 'parties' }, party('From', tx.from), party('to', tx.to)),
    make('div', { class: 'line' }, hashButton(tx.hash), make('button', { type: 'button', class: 'confirm quiet', onclick: () => confirm(tx.hash) }, 'Confirm now')),
    make('p', { class: 'small' }, timeOf(tx.at), `, block ${tx.block.toLocaleString('en')}`),
  );
  items.set(tx.hash, item);
  return item;
}

function party(word, { address, name }) {
  return make('span', { title: address }, `${word} `, make('span', { class: name ? '' : 'code' }, name ?? short(address)), ' ');
}

function hashButton(hash) {
  const words = make('span', { class: 'code' }, short(hash));
  return make('button', { type: 'button', class: 'hash', title: hash, 'aria-label': `Copy hash ${hash}`, onclick: () => copy(hash) }, icon('copy'), words);
}

function showProgress(item, { confirmations, solid, result }, finalAfter) {
  const state = item.querySelector('.state');
  const count = Math.min(confirmations, finalAfter);
  const failed = result !== 'success';
  const words = failed ? `Failed: ${result}` : solid ? 'Final' : `Confirming ${count}/${finalAfter}`;
  if (state.dataset.words !== words) {
    const symbol = failed ? 'failed' : solid ? 'two' : 'clock';
    state.dataset.words = words;
    state.replaceChildren(icon(symbol), words);
    state.className = failed ? 'state warn' : solid ? 'state done' : 'state';
  }
  const progress = item.querySelector('progress');
  progress.max = finalAfter;
  progress.value = count;
  progress.hidden = solid;
  item.querySelector('.confirm').hidden = solid;
}

function confirm(hash) {
  post('confirm', { hash }).catch((failure) => toast(failure instanceof TypeError ? 'The server is away.' : failure.message));
}
