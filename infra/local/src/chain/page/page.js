// The wallet page: what the server tells of the chain, and how its sources are switched.

import { byId, listen, make, post, toast } from './base.js';
import { preparePayment, showWallets } from './pay.js';
import { showTransactions } from './rows.js';

const SOURCES = {
  tronscan: ['TronScan', 'explorer: confirmations'],
  trongrid: ['TronGrid', 'list of transfers'],
  node: ['Node', 'solidified record'],
};
const STATES = [
  ['works', 'Works'],
  ['away', 'Away (503)'],
  ['busy', 'Busy (429)'],
  ['silent', 'Never answers'],
  ['nonsense', 'Talks nonsense'],
];

const heard = {
  snapshot: ({ head, final_after: finalAfter, sources, wallets, transactions }) => {
    byId('status').textContent = 'Tron, as this machine has it';
    byId('status').classList.remove('warn');
    byId('head').textContent = `Block ${head.toLocaleString('en')}, final after ${finalAfter} more`;
    showWallets(wallets);
    sources.forEach(showSource);
    showTransactions(transactions, finalAfter);
  },
};

function showAway(words) {
  byId('status').textContent = words;
  byId('status').classList.add('warn');
}

function showSource({ id, state }) {
  const select = byId(`source-${id}`) ?? addSource(id);
  select.value = state;
  select.closest('li').classList.toggle('off', state !== 'works');
}

function addSource(id) {
  const [name, tells] = SOURCES[id];
  const select = make('select', { id: `source-${id}`, 'aria-label': `${name} is`, onchange: () => switchSource(id, select) });
  select.append(...STATES.map(([value, words]) => make('option', { value }, words)));
  const words = make('span', { class: 'row-text' }, make('b', {}, name), make('span', { class: 'small' }, tells));
  byId('source-list').append(make('li', {}, words, select));
  return select;
}

function switchSource(source, select) {
  post('sources', { source, state: select.value }).catch((failure) => toast(wordsOf(failure)));
}

/** What to tell of a call that was not answered well. */
const wordsOf = (failure) => (failure instanceof TypeError ? 'The server is away.' : failure.message);

preparePayment(wordsOf);
listen('events', heard, showAway);
