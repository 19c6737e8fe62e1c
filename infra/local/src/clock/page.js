// The clock page: shows the time of the local world, and moves it.

import { byId, call, longDay, make } from './base.js';
import { fieldValue, moment, span } from './words.js';

const ASK_MS = 5000;
const TICK_MS = 250;

/** Milliseconds by which the world is ahead of this browser, and what was last told. */
let ahead = 0;
let told = null;

const now = () => new Date(Date.now() + ahead);

function hear(answer) {
  told = answer;
  ahead = Date.parse(answer.now) - Date.now();
  byId('away').textContent = '';
  const seconds = answer.ahead_seconds;
  byId('ahead').textContent = seconds > 1 ? `${span(seconds)} ahead of this machine.` : 'The same as on this machine.';
  showJobs();
}

function tick() {
  if (!told) return;
  const at = now();
  byId('time').textContent = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  byId('time').dateTime = at.toISOString();
  byId('day').textContent = `${longDay(at)} ${at.getFullYear()}`;
  byId('utc').textContent = `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function showJobs() {
  const jobs = told.jobs.map(job);
  byId('jobs').replaceChildren(...(jobs.length ? jobs : [make('li', { class: 'none' }, 'No schedule is running.')]));
}

function job({ name, last, worked, next }) {
  const at = now();
  const wait = next && (Date.parse(next) - at.getTime()) / 1000;
  const when = !next ? 'never again' : wait <= 0 ? 'running' : `in ${span(wait)}`;
  const done = last ? `${worked ? 'ran' : 'failed'} for ${moment(new Date(last), at)}` : 'has not run yet';
  return make('li', {}, make('b', {}, name), make('span', {}, when), make('span', { class: worked ? 'last' : 'last warn' }, done));
}

async function ask() {
  try {
    hear(await call('/clock', { headers: { Accept: 'application/json' } }));
  } catch {
    byId('away').textContent = 'The server is away, trying again…';
  }
}

async function advance(jump) {
  const controls = document.querySelectorAll('#clock button');
  controls.forEach((control) => (control.disabled = true));
  byId('outcome').textContent = 'Moving…';
  try {
    const options = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(jump) };
    const answer = await call('/clock/advance', options);
    hear(answer);
    tick();
    byId('outcome').textContent = outcome(answer);
  } catch (failure) {
    byId('outcome').textContent = failure.message;
  } finally {
    controls.forEach((control) => (control.disabled = false));
    byId('to').min = fieldValue(now());
  }
}

function outcome({ ran, is_done: isDone }) {
  if (!ran.length) return 'Moved. No schedule fell into the jump.';
  const names = ran.join(', ');
  return isDone ? `Moved. Ran: ${names}.` : `Moved. Still running: ${names}.`;
}

byId('steps').addEventListener('click', ({ target }) => {
  if (target.dataset.seconds) advance({ seconds: Number(target.dataset.seconds) });
});
byId('date').addEventListener('submit', (event) => {
  event.preventDefault();
  advance({ to: new Date(byId('to').value).toISOString() });
});

await ask();
byId('to').value = fieldValue(new Date(now().getTime() + 86_400_000));
byId('to').min = fieldValue(now());
tick();
setInterval(tick, TICK_MS);
setInterval(ask, ASK_MS);
