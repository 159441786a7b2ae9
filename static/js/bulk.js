// Tables with a box in each row: a range by shift-click, the box of the header, and how many are ticked.

let lastBox = null;

function boxesOf(form) {
  return [...form.querySelectorAll("[name=id]")];
}

function count(form) {
  const boxes = boxesOf(form);
  const ticked = boxes.filter((box) => box.checked).length;
  form.querySelector("[data-count]").textContent = `${ticked} selected`;
  for (const button of form.querySelectorAll("[data-needs-sel]")) button.disabled = ticked === 0;
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
  const box = event.target.closest("[data-bulk] [name=id]");
  if (!box) return;
  if (event.shiftKey) tickRange(box);
  lastBox = box;
  count(box.form);
}

function onChange(event) {
  if (!event.target.matches("[data-bulk] [data-all]")) return;
  for (const box of boxesOf(event.target.form)) box.checked = event.target.checked;
  count(event.target.form);
}

function countAll() {
  for (const form of document.querySelectorAll("form[data-bulk]")) count(form);
}

/** Keep the counts of all such tables right, also of those that a swap brings. */
export function watchTables() {
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChange);
  document.addEventListener("htmx:after:swap", countAll);
  countAll();
}
