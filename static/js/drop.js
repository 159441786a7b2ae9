// A form with one recording: drop it anywhere on the page, or paste it; choosing it shows its name.
// Without script the form is a plain file field with its button.
import { isolate } from "./ui.js";

export default function watchDrops(root) {
  const form = root.querySelector("form");
  const input = form?.querySelector("input[type=file]");
  if (!input) return;
  const words = form.querySelector("[data-drop] span");

  const show = () => {
    const [file] = input.files;
    if (file) words.textContent = `${isolate(file.name)} is chosen.`;
  };
  const take = (transfer) => {
    const [file] = transfer?.files ?? [];
    if (!file) return false;
    const only = new DataTransfer();
    only.items.add(file);
    input.files = only.files;
    show();
    return true;
  };

  input.addEventListener("change", show);
  root.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  root.addEventListener("drop", (event) => {
    if (take(event.dataTransfer)) event.preventDefault();
  });
  const paste = (event) => {
    if (!root.isConnected) document.removeEventListener("paste", paste);
    else if (take(event.clipboardData)) event.preventDefault();
  };
  document.addEventListener("paste", paste);
}
