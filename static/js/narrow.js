// A long filter group has its own search field, which filters the options without asking the server.

// Like the search: ignore case and accents.
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").trim().toLowerCase();
}

function narrow(field) {
  const wanted = fold(field.value);
  const group = field.closest("fieldset");
  if (!group) return;
  const rest = group.querySelector("details.more");
  if (wanted && rest) rest.open = true;
  let found = 0;
  for (const option of group.querySelectorAll(".opt")) {
    const fits = fold(option.textContent).includes(wanted);
    found += fits;
    option.hidden = !fits && !option.querySelector("input").checked;
  }
  for (const members of group.querySelectorAll("details.members")) {
    if (wanted && members.querySelector(".opt:not([hidden])")) members.open = true;
  }
  group.querySelector("output.hint").textContent = found ? "" : `No match for “${field.value.trim()}”.`;
}

function keepToItself(event) {
  // The surrounding form would treat it as a filter, and submit on Enter.
  event.stopPropagation();
  if (event.key === "Enter") event.preventDefault();
  if (event.key === "Escape" && event.target.value) {
    event.preventDefault();
    event.target.value = "";
    narrow(event.target);
  }
}

/** Let the field filter the options of its group, including those added by a swap. */
export default function watch(field) {
  field.addEventListener("input", (event) => {
    event.stopPropagation();
    narrow(field);
  });
  for (const type of ["change", "keydown"]) field.addEventListener(type, keepToItself);
  document.addEventListener("htmx:after:swap", () => narrow(field));
  // Apply what was typed before this module was loaded.
  if (field.value) narrow(field);
}
