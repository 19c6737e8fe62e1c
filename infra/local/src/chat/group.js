// Groups: the one on show with its members, invite links, and what becomes of a person in any group.

import { byId, call, make, post, toast } from './base.js';
import { showFoot } from './foot.js';
import { alert } from './sheets.js';
import { leave, loadChannels } from './side.js';
import { face, state } from './state.js';

const STATUS = { creator: 'owner', administrator: 'administrator', restricted: 'restricted', kicked: 'removed' };

/** What a person is told when it happens to him. */
const TOLD = {
  accepted: (title) => `You were accepted into ${title}.`,
  declined: (title) => `Your request to join ${title} was declined.`,
  removed: (title) => `You were removed from ${title}.`,
};

/** The invite on show: its link, its group, and how far it has got. */
let invite = null;
let choose = null;

const counted = (count) => `${count} ${count === 1 ? 'member' : 'members'}`;

export const groupState = () => counted(state.group.inside);

/** Shows in the head what the group is, and what can be done there. */
export function showGroup() {
  const { group } = state;
  byId('block').hidden = Boolean(group);
  byId('members').hidden = !group;
  byId('leave').hidden = !group?.is_inside;
  if (!group) return;
  face(byId('bot-avatar'), group.title, group.id);
  byId('bot-name').textContent = group.title;
  byId('bot-state').textContent = groupState();
  if (byId('members-sheet').open) showMembers();
}

export async function loadGroup(id) {
  state.group = await call(`group?group=${id}&user=${state.me.id}`);
}

/** Someone came, went, asked or was answered. */
export async function hearMembership({ group, title, user, what }) {
  const isMine = user === state.me.id;
  if (isMine) {
    if (invite?.group === group && byId('invite-sheet').open) showInvite(what);
    else if (TOLD[what]) toast(TOLD[what](title));
    await loadChannels();
  }
  if (state.group?.id !== group) return;
  await loadGroup(group);
  showGroup();
  showFoot();
}

function showMembers() {
  const { members, waiting, title } = state.group;
  byId('members-title').textContent = title;
  const rows = [
    ...members.map(({ user, status }) => memberRow(user, STATUS[status] ?? '')),
    ...waiting.map((user) => memberRow(user, 'asks to join')),
  ];
  byId('members-list').replaceChildren(...rows);
}

function memberRow(user, detail) {
  const picture = face(make('span', { class: 'avatar', 'aria-hidden': 'true' }), user.first_name, user.id);
  const about = [user.is_bot ? 'bot' : null, detail || null].filter(Boolean).join(', ') || `id ${user.id}`;
  return make('li', { class: 'member' }, picture, make('span', { class: 'row-text' }, make('b', {}, user.first_name), make('span', {}, about)));
}

/** Opens an invite link: shows where it leads and what it offers. */
export async function openInvite(link) {
  let found;
  try {
    found = await call(`invite?${new URLSearchParams({ user: state.me.id, link })}`);
  } catch (failure) {
    await alert(failure.message);
    return;
  }
  invite = { link, group: found.id, byRequest: found.by_request };
  byId('invite-title').textContent = found.title;
  byId('invite-about').textContent = counted(found.inside);
  face(byId('invite-avatar'), found.title, found.id);
  showInvite(found.is_inside ? 'joined' : found.has_asked ? 'asked' : 'new');
  byId('invite-sheet').showModal();
}

function showInvite(what) {
  const words = {
    new: invite.byRequest ? 'The administrators decide who comes in.' : 'Whoever has this link may come in.',
    asked: 'You asked to join. Waiting for the answer…',
    withdrew: 'You no longer ask to join.',
    accepted: 'You were accepted.',
    joined: 'You are in this group.',
    declined: 'Your request was declined.',
    removed: 'You were removed from this group.',
  };
  invite.what = what;
  byId('invite-state').textContent = words[what] ?? '';
  const isInside = what === 'accepted' || what === 'joined';
  const go = byId('invite-go');
  go.hidden = !isInside && what !== 'new';
  go.textContent = isInside ? 'Open the group' : invite.byRequest ? 'Ask to join' : 'Join';
}

async function goOn() {
  if (invite.what !== 'new') {
    byId('invite-sheet').close();
    await choose(state.bot, state.me, invite.group);
    return;
  }
  const go = byId('invite-go');
  go.disabled = true;
  try {
    const { has_joined: hasJoined } = await post('invite', { user: state.me.id, link: invite.link });
    // The answer of the administrators may have been faster.
    if (invite.what === 'new') showInvite(hasJoined ? 'joined' : 'asked');
  } catch (failure) {
    byId('invite-state').textContent = failure.message;
  } finally {
    go.disabled = false;
  }
}

/** Writes in the group on show. */
export async function sayInGroup(text) {
  try {
    return await post('group', { group: state.group.id, user: state.me.id, text });
  } catch (failure) {
    toast(failure.message);
    return null;
  }
}

export function prepareGroup(chooseView) {
  choose = chooseView;
  byId('invite-go').addEventListener('click', goOn);
  byId('leave').addEventListener('click', () => leave(state.group));
  byId('members').addEventListener('click', () => {
    showMembers();
    byId('members-sheet').showModal();
  });
}
