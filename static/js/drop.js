// A form with one recording: drop it anywhere on the page, paste it, or record it; shows the chosen file's name.
// Without script, the form is a plain file field with a button.
import { Recorder } from "./recorder.js";
import watchSounds from "./sounds.js";
import { isolate, toast } from "./ui.js";

/** Let users record into the form: the take they use becomes its file. */
function watchRecorder(root, form, use) {
  const recorder = new Recorder({ form, judge() {}, samples: { take: ([file]) => use(file) } });
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-rec]")) recorder.toggle();
  });
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-reading-choice]")) recorder.read(event.target.value);
  });
  // A take that is neither used nor discarded would be lost.
  form.addEventListener("submit", (event) => {
    if (!recorder.lack) return;
    event.preventDefault();
    toast(recorder.lack);
  });
  const leave = () => {
    if (root.isConnected) return;
    recorder.close();
    document.removeEventListener("htmx:after:swap", leave);
  };
  document.addEventListener("htmx:after:swap", leave);
}

export default function watchDrops(root) {
  const form = root.querySelector("form");
  const input = form?.querySelector("input[type=file]");
  if (!input) return;
  const words = form.querySelector("[data-drop] span");

  const show = () => {
    const [file] = input.files;
    if (file) words.textContent = `${isolate(file.name)} is selected.`;
  };
  const use = (file) => {
    const only = new DataTransfer();
    only.items.add(file);
    input.files = only.files;
    show();
  };
  const take = (transfer) => {
    const [file] = transfer?.files ?? [];
    if (file) use(file);
    return Boolean(file);
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
  watchRecorder(root, form, use);
  watchSounds(root);
}
