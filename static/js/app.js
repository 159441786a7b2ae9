// The entry module. Listeners sit on the document, so swapped parts need none.
import { keys } from "./keys.js";
import { player } from "./player.js";
import { watchSwaps } from "./swaps.js";
import { keep, marks, recall, say, tell, toast, watchToasts } from "./ui.js";

const held = new WeakMap(); // what users did to an element before its module was loaded

// Pages that need more name their own module: data-module holds its hashed URL.
function loadModules() {
  for (const element of document.querySelectorAll("[data-module]")) {
    if (held.has(element) || element.closest("details:not([open]), [hidden]")) continue;
    const actions = [];
    held.set(element, actions);
    import(element.dataset.module)
      .then((module) => module.default(element))
      .catch(() => toast("Part of this page couldn't be loaded. Reload the page."))
      .finally(() => {
        held.set(element);
        for (const act of actions) act();
      });
  }
}

// A button or a choice that is made too early has its effect once the module is loaded.
function holdBack(event) {
  const { target } = event;
  const actions = held.get(target.closest("[data-module]"));
  const button = target.closest("button");
  if (!actions) return;
  if (event.type === "change") actions.push(() => target.dispatchEvent(new Event("change", { bubbles: true })));
  else if (button) {
    event.preventDefault();
    event.stopImmediatePropagation();
    actions.push(() => button.click());
  }
}

function openSheet(sheet) {
  sheet.popover = "auto";
  sheet.showPopover();
  sheet.querySelector("button, input")?.focus();
}

function open(id) {
  const element = document.getElementById(id);
  if (element instanceof HTMLDialogElement) element.showModal();
  else if (element) openSheet(element);
}

function shut(id) {
  const element = document.getElementById(id);
  if (element instanceof HTMLDialogElement) return element.close();
  element.hidePopover();
  document.querySelector(`[data-open="${CSS.escape(id)}"]`)?.focus();
}

async function copy(text, done = "Copied.", otherwise = "Select the text and copy it.") {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast(`Copying is blocked. ${otherwise}`);
  }
}

// An empty address stands for the page that is shown.
function copyLink(address) {
  const { href } = new URL(address, location);
  copy(href, "Link copied.", `The link is ${href}`);
}

function dismiss(button) {
  // Deferred, so that a form in the toast is submitted first.
  setTimeout(() => button.closest(".toast")?.remove(), 50);
}

function onClick(event) {
  const button = event.target.closest("[data-open], [data-close], [data-copy], [data-link], [data-dismiss]");
  if (!button) return;
  const { open: opens, close: closes, copy: copies, link, dismiss: dismisses } = button.dataset;
  if (opens) open(opens);
  if (closes) shut(closes);
  if (copies) copy(copies);
  if (link !== undefined) copyLink(link);
  if (dismisses !== undefined) dismiss(button);
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

// Changes the theme at once; without script, the form does it.
function switchTheme(event) {
  const form = event.target.closest("form.theme");
  if (!form) return;
  event.preventDefault();
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  say(`${theme === "dark" ? "Dark" : "Light"} theme.`);
  fetch(form.action, {
    method: "POST",
    headers: marks("POST"),
    body: new URLSearchParams({ theme }),
  })
    .then((answer) => { if (!answer.ok) throw new Error(answer.status); })
    .catch(() => toast("The theme couldn't be saved."));
}

function dropSheet(event) {
  // Or the browser would keep its popover style in a wide window.
  if (event.newState === "closed" && event.target.matches(".facets")) event.target.removeAttribute("popover");
}

// On Back, a page from memory stays hidden from other people.
function watchLeaving() {
  const { classList } = document.documentElement;
  const person = document.body.dataset.person ?? "";
  keep("person", person);
  document.addEventListener("submit", ({ target }) => { if (`${target.action}`.endsWith("/logout/")) keep("person", ""); });
  addEventListener("pagehide", () => { if (person) classList.add("left"); });
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    if (recall("person") === person) return classList.remove("left");
    document.body.replaceChildren();
    location.reload();
  });
}

const VISIT_MINUTES = 10;

// Remembers sort and layout for the next visit.
function rememberView(event) {
  const address = event.target.closest("[data-remember]")?.dataset.remember;
  if (address) tell(address, { [event.target.name]: event.target.value });
}

function noteVisit() {
  const { visit, person } = document.body.dataset;
  const noted = `visit.${person}`;
  if (!visit || Date.now() - Number(recall(noted)) < VISIT_MINUTES * 60_000) return;
  keep(noted, Date.now());
  tell(visit, {});
}

// The server shows times in the browser's time zone.
const [prefix, secure] = location.protocol === "https:" ? ["__Host-", ";secure"] : ["", ""];
document.cookie = `${prefix}browser_timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax${secure}`;
watchLeaving();
watchToasts();
watchSwaps();
player.init();
keys.init();
loadModules();
noteVisit();
for (const type of ["click", "change"]) document.addEventListener(type, holdBack, true);
document.addEventListener("click", onClick);
document.addEventListener("submit", switchTheme);
document.addEventListener("change", rememberView);
document.addEventListener("toggle", dropSheet, true);
document.addEventListener("toggle", loadModules, true);
matchMedia("(width < 900px)").addEventListener("change", () => {
  for (const sheet of document.querySelectorAll(".facets:popover-open")) sheet.hidePopover();
});
document.addEventListener("htmx:after:swap", (event) => {
  const panel = document.getElementById("panel");
  const { isFromPanel, target } = event.detail.ctx;
  if (target?.id === "panel-in" && !panel.open && !isFromPanel) panel.showModal();
  if (target?.id === "main" && panel?.open) panel.close();
  player.sync();
  loadModules();
});
// htmx starts in a task of its own, and until then a click would load a whole page.
htmx.process(document.body);
