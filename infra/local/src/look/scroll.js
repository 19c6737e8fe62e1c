// Keeps the newest message in sight unless the person reads further up.

import { byId } from './base.js';

const scroll = byId('scroll');

/** Whether the newest message stays in sight when the place for messages changes its size. */
let stuck = true;

export const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;

export function toEnd() {
  stuck = true;
  scroll.scrollTop = scroll.scrollHeight;
  byId('to-end').hidden = true;
}

byId('to-end').addEventListener('click', toEnd);
scroll.addEventListener('scroll', () => {
  stuck = isAtEnd();
  if (stuck) byId('to-end').hidden = true;
});
new ResizeObserver(() => stuck && toEnd()).observe(scroll);
