// The panel in which a voice is tried: sliders say their number, and a sentence can be taken over with one press.

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

/** Wire one panel; what is swapped inside of it needs no wiring anew. */
export default function watchPanel(panel) {
  panel.addEventListener("input", (event) => {
    if (event.target.type === "range") showNumber(event.target);
  });
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("[data-say]");
    if (button) takeOver(button, panel);
  });
}
