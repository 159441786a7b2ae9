// A slider and its number field are one setting; only the number is sent.

function mirror({ target }) {
  if (target.dataset.moves) document.getElementById(target.dataset.moves).value = target.value;
  if (target.type !== "number") return;
  const slider = document.querySelector(`[data-moves="${CSS.escape(target.id)}"]`);
  if (slider) slider.value = target.value;
}

/** Keep the sliders in an element and their number fields in sync. */
export default function watchSliders(root) {
  for (const type of ["input", "change"]) root.addEventListener(type, mirror);
}
