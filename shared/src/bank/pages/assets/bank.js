// Makes the pages a little more pleasant; every page works without it.
"use strict";

const POLL_FIRST_MS = 1500;
const POLL_SLOWEST_MS = 15000;
const RESEND_AFTER_MS = 8000;

// A form is sent once. It can be sent again after a while, in case the answer got lost, and when the page is come back to.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), RESEND_AFTER_MS);
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

function release(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}

// Messages can be put away.
for (const button of document.querySelectorAll("[data-dismiss]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.parentElement.remove();
    document.getElementById("main").focus({ preventScroll: true });
  });
}

// What is wrong with a form is read first.
document.querySelector("[data-focus]")?.focus();

// The whole due of the chosen card as the amount.
const fill = document.querySelector("[data-fill-due]");
if (fill) {
  const card = document.getElementById("credit_card_number");
  const due = () => card.selectedOptions[0]?.dataset.due;
  const show = () => { fill.hidden = !due() || due() === "0.00"; };
  card.addEventListener("change", show);
  fill.addEventListener("click", () => {
    const amount = document.getElementById("amount_to_pay");
    amount.value = due();
    amount.focus();
  });
  show();
}

// Statements that are on their way are looked at again: often after news, less and less often while there are none, and
// no more once they stand still or the time is over for which the page says that it is worth while.
if (document.querySelector("[data-poll]")) poll(POLL_FIRST_MS, Date.now());

function poll(wait, since) {
  setTimeout(async () => {
    const before = told();
    if (!document.hidden && !(await look())) return;
    if (told() !== before) return poll(POLL_FIRST_MS, Date.now());
    const worthWhile = Number(document.getElementById("statements").dataset.pollSeconds) * 1000;
    if (Date.now() - since < worthWhile) poll(Math.min(wait * 1.3, POLL_SLOWEST_MS), since);
  }, wait);
}

// All that the list says of its statements.
function told() {
  return [...document.querySelectorAll("#statements [data-say]")].map((row) => row.id + row.dataset.say).join();
}

// Shows the list as it is now; says whether it may change again.
async function look() {
  const list = document.getElementById("statements");
  try {
    const answer = await fetch(list.dataset.poll, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.redirected || answer.status === 401 || answer.status === 403) return false;
    if (!answer.ok) return true;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("statements");
    if (!fresh) return false;
    replace(list, document.adoptNode(fresh));
    return fresh.hasAttribute("data-poll");
  } catch {
    return true;
  }
}

// Puts the new list in place of the old, keeps the focus where it was, and tells what is different.
function replace(list, fresh) {
  const said = new Map([...list.querySelectorAll("[data-say]")].map((row) => [row.id, row.dataset.say]));
  const news = [...fresh.querySelectorAll("[data-say]")]
    .filter((row) => said.get(row.id) !== row.dataset.say)
    .map((row) => row.dataset.say);
  const here = list.contains(document.activeElement) ? document.activeElement.id : "";
  // A form that is being sent would be lost with its list.
  if (list.querySelector("form[data-sent]")) return;
  list.replaceWith(fresh);
  if (here) document.getElementById(here)?.focus({ preventScroll: true });
  if (news.length > 0) document.getElementById("news").textContent = news.join(". ");
}
