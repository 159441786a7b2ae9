// The panel for trying a voice: sliders show their value, and an example sentence can be inserted.

function showNumber(slider) {
  const shown = slider.labels?.[0]?.querySelector("output");
  if (shown) shown.textContent = Number(slider.value);
}

function takeOver(button, panel) {
  const field = panel.querySelector("textarea");
  field.value = button.dataset.say;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** Set up one panel; content swapped inside it needs no new listeners. */
export default function watchPanel(panel) {
  // Sliders may have been moved before this module was loaded.
  for (const slider of panel.querySelectorAll("input[type=range]")) showNumber(slider);
  panel.addEventListener("input", (event) => {
    if (event.target.type === "range") showNumber(event.target);
  });
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-say]");
    if (button) takeOver(button, panel);
  });
}
