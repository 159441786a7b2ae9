// A long group of filters has a field of its own that leaves only what fits, and asks the server nothing.

function narrow(field) {
  const wanted = field.value.trim().toLowerCase();
  for (const option of field.parentElement.querySelectorAll(".opt")) {
    const fits = option.textContent.toLowerCase().includes(wanted);
    option.hidden = !fits && !option.querySelector("input").checked;
  }
}

function keepToItself(event) {
  // The form around it would take it for a filter, and Enter for sending.
  event.stopPropagation();
  if (event.key === "Enter") event.preventDefault();
}

/** Let the field narrow the options beside it, also those that a swap brings. */
export default function watch(field) {
  field.addEventListener("input", (event) => {
    event.stopPropagation();
    narrow(field);
  });
  for (const type of ["change", "keydown"]) field.addEventListener(type, keepToItself);
  document.addEventListener("htmx:after:swap", () => narrow(field));
}
