// The form that pays, and what is wrong with it.

import { avatar, byId, make, post, toast } from './base.js';
import { announce, short } from './rows.js';

const STORE = 'botyard.wallet';
const PAUSE_MS = 250;

const form = byId('pay');
const fields = { to: byId('to'), amount: byId('amount') };

/** The fields that a person has left or paid with: only these are told to be empty. */
const touched = new Set();

/** Lists whose wallets there are; they never change while the page is open. */
export function showWallets(wallets) {
  const list = byId('wallets');
  if (list.childElementCount) return;
  const kept = localStorage.getItem(STORE);
  const chosen = wallets.some(({ id }) => id === kept) ? kept : wallets[0].id;
  list.append(...wallets.map((wallet, number) => walletChoice(wallet, number, wallet.id === chosen)));
}

function walletChoice({ id, name, address }, number, checked) {
  const radio = make('input', { type: 'radio', name: 'from', value: id, class: 'sr', onchange: () => localStorage.setItem(STORE, id) });
  radio.checked = checked;
  const picture = avatar(make('span', { class: 'avatar', 'aria-hidden': 'true' }), name[0], number + 1);
  const words = make('span', { class: 'row-text' }, make('b', {}, name), make('span', { class: 'small code' }, short(address, 4)));
  return make('label', { class: 'wallet', title: address }, radio, picture, words);
}

function note(name, words, isWrong) {
  const place = byId(`${name}-note`);
  if (place.textContent !== words) place.textContent = words;
  place.classList.toggle('warn', isWrong);
  fields[name].setAttribute('aria-invalid', String(isWrong));
}

const written = () => ({ to: fields.to.value, amount: fields.amount.value });

/** Asks the server what is wrong, and shows it; resolves to the first wrong field. */
async function check() {
  const asked = written();
  const { wrong, whose } = await post('check', asked);
  const now = written();
  if (asked.to !== now.to || asked.amount !== now.amount) return null;
  for (const name of Object.keys(fields)) {
    const isTold = wrong[name] && (touched.has(name) || asked[name].trim());
    const good = name === 'to' && !wrong.to ? (whose ?? 'A valid address') : '';
    note(name, isTold ? wrong[name] : good, Boolean(isTold));
  }
  return Object.keys(fields).find((name) => wrong[name]) ?? null;
}

async function pay() {
  Object.keys(fields).forEach((name) => touched.add(name));
  const wrong = await check();
  if (wrong) {
    fields[wrong].focus();
    return;
  }
  const choice = new FormData(form);
  const body = { ...written(), from: choice.get('from'), token: byId('token').value, result: byId('result').value };
  const { hash } = await post('payments', body);
  announce(hash);
  fields.amount.value = '';
  touched.clear();
  note('amount', '', false);
  toast('Paid. The hash is in the list.');
}

/** Fills the form from the page's address and wires it; `wordsOf` makes a sentence of a failure. */
export function preparePayment(wordsOf) {
  const given = new URLSearchParams(window.location.search);
  for (const [name, field] of Object.entries(fields)) field.value = given.get(name) ?? '';
  let pause;
  const checkSoon = () => {
    clearTimeout(pause);
    pause = setTimeout(() => check().catch(() => {}), PAUSE_MS);
  };
  for (const [name, field] of Object.entries(fields)) {
    field.addEventListener('input', checkSoon);
    field.addEventListener('change', () => touched.add(name));
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearTimeout(pause);
    byId('send').disabled = true;
    await pay().catch((failure) => toast(wordsOf(failure)));
    byId('send').disabled = false;
  });
  if (fields.to.value || fields.amount.value) checkSoon();
}
