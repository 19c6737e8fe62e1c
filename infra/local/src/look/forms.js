// What a person writes and is asked: the text at the foot, and the sheets.

import { byId } from './base.js';

const text = byId('text');

/** Makes the text as high as what is written in it; page.css says how high at the most. */
export function grow() {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight + 2}px`;
}

/** Gives what is written to `say` on Enter and on the button; it comes back when `say` tells that it was not taken. */
export function prepareComposer(say) {
  const send = async (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (!words) return;
    text.value = '';
    grow();
    if (await say(words)) return;
    text.value = words;
    grow();
  };
  byId('composer').addEventListener('submit', send);
  text.addEventListener('keydown', (event) => event.key === 'Enter' && !event.shiftKey && !event.isComposing && send(event));
  text.addEventListener('input', grow);
}

/** Opens a sheet; resolves to the value of the button that closed it, '' when it was dismissed. */
export function ask(id) {
  const sheet = byId(id);
  sheet.returnValue = '';
  sheet.showModal();
  return new Promise((resolve) => sheet.addEventListener('close', () => resolve(sheet.returnValue), { once: true }));
}

/** Lets a click beside a sheet, or on its button to cancel, dismiss it. */
export function prepareSheets() {
  for (const sheet of document.querySelectorAll('dialog')) {
    const leaves = (target) => target === sheet || target.hasAttribute('data-close');
    sheet.addEventListener('click', (event) => leaves(event.target) && sheet.close(''));
  }
}
