// The clone page: samples from a dialog, a drop or the clipboard, and the form that is sent once.
// Without script the form is a plain multipart post; the server checks everything again in any case.
import { readAnswer } from "./files.js";
import { Recorder } from "./recorder.js";
import { Samples } from "./samples.js";
import { marks } from "./ui.js";

const BROKE_OFF = "The form could not be sent. All is still here; try again.";
const UNHEARD = "Listen to your takes first, and use or discard each.";
const REFUSALS = {
  401: "You are signed out. Sign in again in another tab, then try again. All is still here.",
  403: "This was refused: you may not do it, or the page is too old. Reload the page.",
  413: "The files are too large for the server.",
  507: "The server's disk is full: nothing can be stored. Tell who runs it, then try again.",
};

function hasFiles(transfer) {
  return Boolean(transfer?.types.includes("Files"));
}

function put(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
}

/** The form as a statement that is recorded sees it: what is used of the takes becomes the proof. */
class ProofOf {
  constructor(page) {
    this.page = page;
    this.samples = { take: (files) => put(this.form.elements.proof, files) };
  }

  get form() {
    return this.page.form;
  }

  judge() {
    this.page.judge();
  }
}

class CloneForm {
  constructor(root) {
    this.root = root;
    this.request = null; // the form while it is on its way
    this.submitter = null;
    this.objection = ""; // why the button is off
    this.isWaiting = false; // pressed, but samples are still being sent
    this.samples = new Samples(this);
    this.recorders = [new Recorder(this), new Recorder(new ProofOf(this), "statement")];
  }

  get form() {
    return this.root.querySelector("[data-upload]");
  }

  /** Tell whether something was recorded that is neither used nor discarded. */
  get isRecording() {
    return this.recorders.some((recorder) => recorder.isPending);
  }

  /** Tell whether leaving would lose something. */
  get isBusy() {
    return this.request !== null || this.samples.uploads.size > 0 || this.isRecording;
  }

  recorderAt(element) {
    const { recorder } = element.closest("[data-recorder]").dataset;
    return this.recorders.find((each) => each.what === recorder);
  }

  /** Nothing is sent while a take waits to be heard, which would be lost, or while no provider is open. */
  judge() {
    if (this.request || this.isWaiting) return;
    const isClosed = !this.form.querySelector(".prov input:enabled");
    this.form.querySelector(".go button").disabled = this.isRecording || isClosed;
    const closed = isClosed ? this.form.querySelector("[data-msg]").dataset.closed : "";
    const words = this.isRecording ? UNHEARD : closed;
    // What is said of a form that could not be sent stays until there is something else to say.
    if (words !== this.objection) this.tell(words);
    this.objection = words;
  }

  tell(words) {
    this.form.querySelector("[data-msg]").textContent = words;
  }

  /** Send the form, once the samples are there. */
  start(submitter) {
    if (this.request || this.isWaiting || this.isRecording) return;
    this.submitter = submitter;
    submitter.disabled = true;
    this.isWaiting = true;
    if (this.samples.uploads.size) this.tell("The samples are still being sent. It starts by itself when they are there.");
    this.goOn();
  }

  goOn() {
    if (!this.isWaiting || this.samples.uploads.size || !this.root.isConnected) return;
    this.isWaiting = false;
    this.send();
  }

  send() {
    const request = new XMLHttpRequest();
    this.request = request;
    this.tell("Sending.");
    request.addEventListener("load", () => this.answer(request));
    for (const name of ["error", "timeout"]) request.addEventListener(name, () => this.stop(BROKE_OFF));
    request.open("POST", this.form.action);
    request.setRequestHeader("X-Upload", "1");
    for (const [name, value] of Object.entries(marks("POST"))) request.setRequestHeader(name, value);
    request.send(new FormData(this.form));
  }

  stop(words) {
    this.request = null;
    this.submitter.disabled = false;
    if (document.activeElement === document.body) this.submitter.focus();
    this.tell(words);
  }

  answer(request) {
    if (!this.root.isConnected) return;
    const said = readAnswer(request);
    if (request.status === 201 && said.next) return this.leave(said.next);
    if (request.status === 422 && this.redraw(request.responseText)) return;
    this.stop(said.error ?? this.refusal(request.status));
  }

  refusal(status) {
    // A sign-in page comes with status 200: the session has ended meanwhile.
    if (status < 400) return REFUSALS[401];
    return REFUSALS[status] ?? "Something went wrong on the server. All is still here; try again.";
  }

  leave(address) {
    this.request = null;
    document.body.dispatchEvent(new CustomEvent("notices-changed"));
    htmx.ajax("GET", address, { target: "#main", select: "#main", swap: "outerSync show:top", push: "true" });
  }

  /** Put the server's form with its errors in place of ours, and the proof back into it. */
  redraw(html) {
    const drawn = new DOMParser().parseFromString(html, "text/html").querySelector("[data-upload]");
    if (!drawn) return false;
    const proof = [...this.form.elements.proof.files];
    this.request = null;
    this.form.replaceWith(drawn);
    htmx.process(drawn);
    put(drawn.elements.proof, proof);
    this.samples.judge();
    (drawn.querySelector("[aria-invalid=true]") ?? drawn.querySelector("[role=alert][tabindex]"))?.focus();
    return true;
  }
}

function listenToForm(page) {
  const { root, samples } = page;
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-reading-choice]")) page.recorderAt(event.target).read(event.target.value);
    if (event.target.name === "files" && event.target.files.length) samples.take([...event.target.files]);
  });
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-rec]")) page.recorderAt(event.target).toggle();
    const button = event.target.closest("button[name=act]");
    if (!button || button.hasAttribute("hx-post")) return;
    event.preventDefault();
    if (button.closest(".sample")) samples.act(button);
  });
  // Later, so that a slider and its number are the same by then.
  root.addEventListener("input", (event) => {
    if (event.target.closest(".sample")) setTimeout(() => samples.judge());
  });
  for (const name of ["play", "timeupdate"]) {
    root.addEventListener(name, (event) => samples.follow(event.target), true);
  }
  root.addEventListener("submit", (event) => {
    if (event.target !== page.form) return;
    event.preventDefault();
    page.start(page.form.querySelector(".go button"));
  });
}

// A file let go beside the zone would make the browser leave the page, so the whole page takes it.
function listenToDrops(page, signal) {
  const mark = (isOver) => page.form.querySelector("[data-drop]").classList.toggle("over", isOver);
  const options = { signal };
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    mark(true);
  }, options);
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) mark(false);
  }, options);
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    mark(false);
    if (!page.request) page.samples.take([...event.dataTransfer.files]);
  }, options);
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    if (files.length && !page.request) page.samples.take([...files]);
  }, options);
}

function guardLeaving(page, signal) {
  const options = { signal };
  addEventListener("beforeunload", (event) => {
    if (page.isBusy) event.preventDefault();
  }, options);
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!page.isBusy || ctx.target?.id !== "main" || "HX-History-Restore-Request" in ctx.request.headers) return;
    if (!confirm("Something was not sent yet. Leave the page and lose it?")) event.preventDefault();
  }, options);
}

/** Bring the clone page to life; its listeners end with the page. */
export default function start(root) {
  const page = new CloneForm(root);
  if (!page.form) return;
  const life = new AbortController();
  listenToForm(page);
  listenToDrops(page, life.signal);
  guardLeaving(page, life.signal);
  page.samples.judge();
  const chosen = [...page.form.elements.files.files];
  if (chosen.length) page.samples.take(chosen);
  document.addEventListener("htmx:after:swap", () => {
    if (root.isConnected) return page.samples.judge();
    page.request?.abort();
    for (const upload of page.samples.uploads) upload.abort();
    for (const recorder of page.recorders) recorder.close();
    life.abort();
  }, { signal: life.signal });
}
