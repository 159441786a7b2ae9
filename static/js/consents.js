// The page where a speaker records a consent: the take that is used becomes the file that is sent.
import { Recorder } from "./recorder.js";
import watchSounds from "./sounds.js";

class Consent {
  constructor(root) {
    this.form = root.querySelector("form");
    this.samples = { take: (files) => this.take(files) };
    this.recorder = new Recorder(this, "consent");
  }

  take(files) {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    this.form.elements.recording.files = transfer.files;
    this.form.elements.agrees.focus();
  }

  judge() {
    this.form.querySelector("[data-says]").textContent = this.recorder.lack;
  }
}

/** Set up the page; the microphone is released when it is left. */
export default function start(root) {
  const page = new Consent(root);
  watchSounds(root);
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-rec]")) page.recorder.toggle();
  });
  page.form.addEventListener("submit", (event) => {
    if (!page.recorder.lack) return;
    event.preventDefault();
    page.judge();
  });
  addEventListener("pagehide", () => page.recorder.close());
}
