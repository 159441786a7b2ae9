// A long group of filters has a field of its own that leaves only what fits, and asks the server nothing.

// As the search does: in either case, with or without accents.
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
  group.querySelector("output.hint").textContent = found ? "" : `Nothing here is called “${field.value.trim()}”.`;
}

function keepToItself(event) {
  // The form around it would take it for a filter, and Enter for sending.
  event.stopPropagation();
  if (event.key === "Enter") event.preventDefault();
  if (event.key === "Escape" && event.target.value) {
    event.preventDefault();
    event.target.value = "";
    narrow(event.target);
  }
}

/** Let the field narrow the options of its group, also those that a swap brings. */
export default function watch(field) {
  field.addEventListener("input", (event) => {
    event.stopPropagation();
    narrow(field);
  });
  for (const type of ["change", "keydown"]) field.addEventListener(type, keepToItself);
  document.addEventListener("htmx:after:swap", () => narrow(field));
  // What was typed before this module was here.
  if (field.value) narrow(field);
}
