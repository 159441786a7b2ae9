// The clone page: samples from a dialog, a drop, or the clipboard, and a form that is submitted once.
// Without script, the form is a plain multipart post; the server validates everything again in any case.
import { readAnswer } from "./files.js";
import { Recorder } from "./recorder.js";
import { Samples } from "./samples.js";
import watchSliders from "./sliders.js";
import watchSounds from "./sounds.js";
import { Steps } from "./steps.js";
import { marks } from "./ui.js";

const BROKE_OFF = "The form couldn't be sent. Your entries are still here. Try again.";
const REFUSALS = {
  401: "You are signed out. Sign in again in another tab, then try again. Your entries are still here.",
  403: "You don't have permission, or the page is outdated. Reload the page.",
  413: "The files are too large for the server.",
  507: "The server's disk is full. Ask your administrator to free up space, then try again.",
};

function hasFiles(transfer) {
  return Boolean(transfer?.types.includes("Files"));
}

function put(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
}

/** What the statement's recorder sees of the form: the take that is used becomes the proof. */
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
    this.request = null; // the form's request while it is sent
    this.submitter = null;
    this.objection = ""; // why the button is disabled
    this.isWaiting = false; // pressed while samples are still uploading
    this.samples = new Samples(this);
    this.steps = new Steps(this);
    this.recorders = [new Recorder(this), new Recorder(new ProofOf(this), "statement")];
  }

  get form() {
    return this.root.querySelector("[data-upload]");
  }

  /** What is to be done about takes first, or nothing. */
  get takesLack() {
    return this.recorders.map((recorder) => recorder.lack).find(Boolean) ?? "";
  }

  /** Return whether leaving the page would lose input. */
  get isBusy() {
    return this.request !== null || this.samples.uploads.size > 0 || this.takesLack !== "";
  }

  recorderAt(element) {
    const { recorder } = element.closest("[data-recorder]").dataset;
    return this.recorders.find((each) => each.what === recorder);
  }

  /** Block sending while a take would be lost, or while no provider is available. */
  judge() {
    this.steps.judge();
    if (this.request || this.isWaiting) return;
    const isClosed = !this.form.querySelector(".prov input:enabled");
    this.form.querySelector("[data-start]").disabled = this.takesLack !== "" || isClosed;
    const closed = isClosed ? this.form.querySelector("[data-msg]").dataset.closed : "";
    const words = this.takesLack || closed;
    // The message of a failed submission stays until there is a new one.
    if (words !== this.objection) this.tell(words);
    this.objection = words;
  }

  tell(words) {
    this.form.querySelector("[data-msg]").textContent = words;
  }

  /** Take dropped or pasted files: as proof in the step about permission, otherwise as samples. */
  receive(files) {
    if (this.request) return;
    const { proof } = this.form.elements;
    if (proof && this.steps.current.id === "permission") put(proof, files.slice(0, 1));
    else {
      this.steps.goTo("samples");
      this.samples.take(files);
    }
    this.judge();
  }

  /** Submit the form once the samples are uploaded. */
  start(submitter) {
    if (this.request || this.isWaiting || this.takesLack) return;
    this.submitter = submitter;
    submitter.disabled = true;
    this.isWaiting = true;
    if (this.samples.uploads.size) this.tell("Samples are still uploading. Cloning starts when they are done.");
    this.goOn();
  }

  goOn() {
    if (!this.isWaiting || this.samples.uploads.size || !this.root.isConnected) return;
    this.isWaiting = false;
    this.send();
  }

  /** Post the form, or one of its buttons that changes the form. */
  send(act = "") {
    const values = new FormData(this.form);
    if (act) values.set("act", act);
    const request = new XMLHttpRequest();
    this.request = request;
    this.tell("Sending.");
    request.addEventListener("load", () => this.answer(request));
    for (const name of ["error", "timeout"]) request.addEventListener(name, () => this.stop(BROKE_OFF));
    request.open("POST", this.form.action);
    request.setRequestHeader("X-Upload", "1");
    for (const [name, value] of Object.entries(marks("POST"))) request.setRequestHeader(name, value);
    request.send(values);
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
    if ([200, 422].includes(request.status) && this.redraw(request.responseText)) return;
    this.stop(said.error ?? this.refusal(request.status));
  }

  refusal(status) {
    // A sign-in page has status 200: the session has ended.
    if (status < 400) return REFUSALS[401];
    return REFUSALS[status] ?? "Something went wrong on the server. Your entries are still here. Try again.";
  }

  leave(address) {
    this.request = null;
    document.body.dispatchEvent(new CustomEvent("notices-changed"));
    htmx.ajax("GET", address, { target: "#main", select: "#main", swap: "outerSync show:top", push: "true" });
  }

  /** Replace the form with the server's version with errors, and put the proof back in. */
  redraw(html) {
    const drawn = new DOMParser().parseFromString(html, "text/html").querySelector("[data-upload]");
    if (!drawn) return false;
    const proof = [...this.form.elements.proof?.files ?? []];
    const { id } = this.steps.current;
    this.request = null;
    this.form.replaceWith(drawn);
    htmx.process(drawn);
    if (drawn.elements.proof) put(drawn.elements.proof, proof);
    this.steps.open();
    if (!drawn.querySelector("[aria-invalid=true], .error")) this.steps.goTo(id);
    this.samples.judge();
    (this.steps.current.querySelector("[aria-invalid=true]") ?? drawn.querySelector("[role=alert][tabindex]"))?.focus();
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
    const link = event.target.closest("a[href^='#']");
    if (link && page.steps.goTo(link.hash.slice(1))) return event.preventDefault();
    const move = event.target.closest("[data-go]");
    if (move) return page.steps.go(Number(move.dataset.go));
    const button = event.target.closest("button[name=act]");
    if (!button || button.hasAttribute("hx-post")) return;
    event.preventDefault();
    if (button.closest(".sample")) samples.act(button);
    else if (button.value.startsWith("recorded:") && !page.request) {
      page.submitter = button;
      page.send(button.value);
    }
  });
  watchSliders(root);
  watchSounds(root);
  root.addEventListener("input", (event) => {
    if (event.target.closest(".sample")) samples.judge();
    else page.steps.judge();
  });
  for (const name of ["play", "timeupdate"]) {
    root.addEventListener(name, (event) => samples.follow(event.target), true);
  }
  root.addEventListener("submit", (event) => {
    if (event.target !== page.form) return;
    event.preventDefault();
    if (page.steps.isComplete()) page.start(page.form.querySelector("[data-start]"));
  });
}

// A file dropped next to the zone would make the browser leave the page, so the whole page accepts drops.
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
    page.receive([...event.dataTransfer.files]);
  }, options);
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    if (files.length) page.receive([...files]);
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
    if (!confirm("Your changes haven't been sent. Leave this page and lose them?")) event.preventDefault();
  }, options);
}

/** Set up the clone page; its listeners end with the page. */
export default function start(root) {
  const page = new CloneForm(root);
  if (!page.form) return;
  const life = new AbortController();
  listenToForm(page);
  listenToDrops(page, life.signal);
  guardLeaving(page, life.signal);
  document.addEventListener("htmx:before:history:restore", (event) => {
    if (root.isConnected && page.steps.travel()) event.preventDefault();
  }, { signal: life.signal });
  page.steps.open();
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
