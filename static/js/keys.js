// Single-key shortcuts, which can be turned off.
import { keep, recall } from "./ui.js";
import { player } from "./player.js";

const TYPED_INTO = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]";
const CARD = "#results [data-voice]";
const USES_SPACE = "button, input, summary, select, audio";

let lastCard = null; // its id, to continue from after a swap

function cards() {
  return [...document.querySelectorAll(CARD)];
}

function markedCard() {
  const focused = document.activeElement;
  if (focused && focused !== document.body) return focused.closest(CARD);
  return document.getElementById(lastCard);
}

function move(by) {
  const all = cards();
  const at = all.findIndex((card) => card.id === lastCard);
  const from = at < 0 && by < 0 ? all.length : at;
  const next = all[Math.max(0, Math.min(all.length - 1, from + by))];
  if (!next) return;
  next.querySelector("h3 a, th a").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function search() {
  const field = document.getElementById("q");
  field?.focus();
  field?.select();
}

function press(selector) {
  const button = markedCard()?.querySelector(selector);
  if (!button) return false;
  button.click();
}

function playMarked(target) {
  const card = markedCard();
  if (!card || target.closest(USES_SPACE)) return false;
  player.toggle(card);
}

// An action that returns false leaves the key to the browser.
const ACTIONS = {
  "/": search,
  "?": () => document.getElementById("help")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  s: () => press(".star"),
  n: () => player.step(1),
  p: () => player.step(-1),
  c: () => press(".cmp"),
  x: () => {
    document.getElementById("selecting")?.setAttribute("open", "");
    return press("[name=id]");
  },
  " ": playMarked,
};

function isSilent(event, isOn) {
  return !isOn || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
    || event.target.closest?.(TYPED_INTO) || document.querySelector("dialog[open], :popover-open");
}

export const keys = {
  /** Listen for single keys, unless they are turned off in the help. */
  init() {
    const box = document.getElementById("keys-on");
    if (!box) return;
    box.checked = recall("keys") !== "off";
    box.addEventListener("change", () => keep("keys", box.checked ? "on" : "off"));
    document.addEventListener("focusin", (event) => {
      lastCard = event.target.closest(CARD)?.id ?? lastCard;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && event.target.id === "q") return event.target.blur();
      if (isSilent(event, box.checked)) return;
      const action = ACTIONS[event.key.toLowerCase()];
      if (action && action(event.target) !== false) event.preventDefault();
    });
  },
};
