// Tables and cards with checkboxes: shift-click ranges, the header's checkbox, and the number of selected rows.

let lastBox = null;

function boxesOf(form) {
  return [...form.elements].filter((field) => field.type === "checkbox" && field.name === "id");
}

// What was selected on other pages of the same results; boosted pages keep this module alive.
// A preselected row counts once it was shown, and stays deselected if the user deselects it.
const kept = { of: "", ids: new Set(), seen: new Set(), isCleared: false };

function keptOf(form) {
  if (!form.dataset.keeps) return null;
  if (kept.of !== form.dataset.keeps) {
    kept.of = form.dataset.keeps;
    kept.ids.clear();
    kept.seen.clear();
    kept.isCleared = false;
  }
  return kept.ids;
}

function remember(form) {
  const ids = keptOf(form);
  for (const box of ids ? boxesOf(form) : []) {
    if (box.checked) ids.add(box.value);
    else ids.delete(box.value);
  }
  count(form);
}

function bringBack(form) {
  const ids = keptOf(form);
  for (const box of ids ? boxesOf(form) : []) {
    if (box.defaultChecked && !kept.isCleared && !kept.seen.has(box.value)) ids.add(box.value);
    kept.seen.add(box.value);
    box.checked = ids.has(box.value);
  }
  if (ids?.size) document.getElementById("selecting")?.setAttribute("open", "");
  count(form);
}

function addKept(event) {
  const ids = event.target.matches("[data-keeps]") && keptOf(event.target);
  if (!ids) return;
  const here = new Set(boxesOf(event.target).map((box) => box.value));
  for (const id of ids) {
    if (here.has(id)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "id", value: id });
    event.target.append(field);
  }
}

function count(form) {
  const boxes = boxesOf(form);
  const ticked = boxes.filter((box) => box.checked).length;
  const total = Math.max(ticked, keptOf(form)?.size ?? 0);
  const elsewhere = total - ticked;
  form.querySelector("[data-count]").textContent = elsewhere
    ? `${total} selected, ${elsewhere} on other pages` : `${total} selected`;
  for (const button of form.querySelectorAll("[data-clear]")) button.hidden = total === 0;
  for (const button of form.querySelectorAll("[data-when-all]")) button.hidden = ticked < boxes.length;
  for (const button of form.querySelectorAll("[data-needs-sel]")) button.disabled = total === 0;
  const all = form.querySelector("[data-all]");
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
}

function tickRange(box) {
  const boxes = boxesOf(box.form);
  const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((one, other) => one - other);
  if (from < 0) return;
  for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
}

function onClick(event) {
  const clear = event.target.closest("[data-clear]");
  if (clear) {
    keptOf(clear.form)?.clear();
    kept.isCleared = true;
    return bringBack(clear.form);
  }
  const box = event.target;
  if (box.name !== "id" || !box.form?.matches("[data-bulk]")) return;
  if (event.shiftKey) tickRange(box);
  lastBox = box;
  remember(box.form);
}

function onChange(event) {
  if (!event.target.matches("[data-bulk] [data-all]")) return;
  for (const box of boxesOf(event.target.form)) box.checked = event.target.checked;
  remember(event.target.form);
}

function countAll() {
  for (const form of document.querySelectorAll("form[data-bulk]")) bringBackOrCount(form);
}

function bringBackOrCount(form) {
  if (form.dataset.keeps) bringBack(form);
  else count(form);
}

let isWatching = false;

// Rows that the user selected or deselected before this module was loaded.
function takeEarlyClicks(form) {
  const ids = keptOf(form);
  for (const box of ids ? boxesOf(form) : []) {
    if (box.checked === box.defaultChecked) continue;
    lastBox = box;
    kept.seen.add(box.value);
    if (box.checked) ids.add(box.value);
    else ids.delete(box.value);
  }
}

/** Keep the counts of all tables and cards with checkboxes up to date, also after swaps. */
export default function watchSelections() {
  for (const form of document.querySelectorAll("form[data-bulk]")) {
    takeEarlyClicks(form);
    bringBackOrCount(form);
  }
  if (isWatching) return;
  isWatching = true;
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChange);
  document.addEventListener("submit", addKept, true);
  document.addEventListener("htmx:after:swap", countAll);
}
