// The clone page: choose, drop or paste a sample, hear it, and send it with a bar that shows how far it is.
// Without script the form is a plain multipart post; the server checks everything again in any case.
import { isolate, toast } from "./ui.js";

const SOUND_TYPE = /^(audio\/|video\/(mp4|webm|ogg|quicktime)|application\/ogg)/;
const SOUND_NAME = /\.(wav|mp3|m4a|mp4|aac|ogg|oga|opus|flac|webm|aif|aiff)$/i;
const BROKE_OFF = "The upload broke off. Your file is still here; try again.";
const REFUSALS = {
  401: "You are signed out. Sign in again in another tab, then try again. Your file is still here.",
  403: "This was refused: you may not do it, or the page is too old. Reload the page.",
  413: "The file is too large for the server.",
};

function sizeInWords(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  const kilobytes = bytes / 1024;
  return kilobytes < 1000 ? `${Math.round(kilobytes)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}

function lengthInWords(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function isPlainlyNotSound(file) {
  const hasTellingType = file.type && file.type !== "application/octet-stream";
  return !(hasTellingType ? SOUND_TYPE.test(file.type) : SOUND_NAME.test(file.name));
}

/** Say why a file cannot be a sample, or nothing when only the server can tell. */
function objectionTo(file, limit) {
  if (isPlainlyNotSound(file)) return `${isolate(file.name)} is not an audio file. Choose another one.`;
  if (file.size === 0) return `${isolate(file.name)} is empty. Choose another one.`;
  if (limit && file.size > limit) {
    return `${isolate(file.name)} is ${sizeInWords(file.size)}; the limit is ${sizeInWords(limit)}.`;
  }
  return "";
}

function readAnswer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {}; // a form, a sign-in page or the error page of a server in between
  }
}

function hasFiles(transfer) {
  return Boolean(transfer?.types.includes("Files"));
}

function put(input, file) {
  const transfer = new DataTransfer();
  if (file) transfer.items.add(file);
  input.files = transfer.files;
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  drawing.setAttribute("class", "i");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(use);
  return drawing;
}

class CloneForm {
  constructor(root) {
    this.root = root;
    this.file = null;
    this.sound = null; // the blob address of the file, for listening
    this.request = null; // the upload while it runs
  }

  get form() {
    return this.root.querySelector("[data-upload]");
  }

  get input() {
    return this.form.elements.sample;
  }

  get isSending() {
    return this.request !== null;
  }

  tell(words) {
    this.form.querySelector("[data-msg]").textContent = words;
  }

  object(words) {
    const drop = this.form.querySelector("[data-drop]");
    let error = this.form.querySelector("#sample-objection");
    if (!error) {
      error = make("p", { id: "sample-objection", className: "error" });
      error.setAttribute("role", "alert");
      drop.after(error);
    }
    error.replaceChildren(...(words ? [icon("circle-alert"), make("span", {}, words)] : []));
    error.hidden = !words;
    if (words) {
      this.input.setAttribute("aria-invalid", "true");
      this.input.setAttribute("aria-describedby", "sample-objection");
    } else {
      this.dropServerErrors();
      this.input.removeAttribute("aria-invalid");
    }
  }

  /** Take away what the server said about the file before this one. */
  dropServerErrors() {
    const described = this.input.getAttribute("aria-describedby") ?? "";
    for (const id of described.split(" ").filter((name) => name && name !== "sample-objection")) {
      document.getElementById(id)?.remove();
    }
    this.input.removeAttribute("aria-describedby");
  }

  choose(file) {
    const objection = objectionTo(file, Number(this.form.dataset.maxBytes));
    this.object(objection);
    if (!objection) this.file = file;
    put(this.input, this.file);
    if (!objection) this.show();
  }

  /** Show the chosen file with its size, its length and a player. */
  show() {
    this.form.querySelector(".chosen")?.remove();
    URL.revokeObjectURL(this.sound);
    if (!this.file) return;
    this.sound = URL.createObjectURL(this.file);
    const facts = make("span", { className: "muted" }, sizeInWords(this.file.size));
    const player = make("audio", { controls: true, preload: "metadata", src: this.sound });
    player.setAttribute("aria-label", "The chosen sample");
    player.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(player.duration)) facts.append(` · ${lengthInWords(player.duration)}`);
    });
    player.addEventListener("error", () => {
      player.remove();
      facts.append(" · This browser cannot play it; the server will check it.");
    });
    const remove = make("button", { type: "button", className: "icon-btn", title: "Remove the file" }, icon("x"));
    remove.setAttribute("aria-label", "Remove the file");
    remove.addEventListener("click", () => this.forget());
    const name = make("b", { dir: "auto", title: this.file.name }, this.file.name);
    const box = make("div", { className: "chosen" }, icon("file-audio"), make("div", {}, name, facts), remove, player);
    this.form.querySelector("[data-drop]").after(box);
  }

  forget() {
    if (this.isSending) return;
    this.file = null;
    put(this.input, null);
    this.show();
    this.input.focus();
  }

  send(submitter) {
    const body = new FormData(this.form, submitter);
    const request = new XMLHttpRequest();
    this.request = request;
    this.submitter = submitter;
    submitter.disabled = true;
    this.drawProgress(0);
    request.upload.addEventListener("progress", (event) => this.drawProgress(event.loaded / event.total));
    request.upload.addEventListener("load", () => this.drawProgress(null));
    request.addEventListener("load", () => this.answer(request));
    for (const name of ["error", "timeout"]) request.addEventListener(name, () => this.stop(BROKE_OFF));
    // A button of its own address only has the recording looked at.
    const address = submitter.getAttribute("formaction") ?? this.form.action;
    request.open("POST", address);
    request.setRequestHeader("X-Upload", "1");
    request.setRequestHeader("X-CSRFToken", document.body.dataset.csrf);
    request.send(body);
  }

  drawProgress(part) {
    const bar = this.form.querySelector("progress");
    bar.hidden = false;
    if (part === null) {
      bar.removeAttribute("value");
      return this.tell("Sent. The server is looking at the sample.");
    }
    bar.value = part * 100;
    // Every tenth only: this text is read out by screen readers.
    this.tell(`Sending: ${Math.floor(part * 10) * 10} %`);
  }

  stop(words) {
    this.request = null;
    this.submitter.disabled = false;
    if (document.activeElement === document.body) this.submitter.focus();
    this.form.querySelector("progress").hidden = true;
    this.tell(words);
  }

  answer(request) {
    if (!this.root.isConnected) return;
    const said = readAnswer(request);
    if (request.status === 201 && said.next) return this.leave(said.next);
    if (request.status === 422 && !said.error && this.redraw(request.responseText)) return;
    this.stop(said.error ?? this.refusal(request.status));
  }

  refusal(status) {
    // A sign-in page comes with status 200: the session has ended meanwhile.
    if (status < 400) return REFUSALS[401];
    return REFUSALS[status] ?? "Something went wrong on the server. Your file is still here; try again.";
  }

  leave(address) {
    this.request = null;
    htmx.ajax("GET", address, { target: "#main", select: "#main", swap: "outerSync show:top", push: "true" });
  }

  /** Put the server's form with its errors in place of ours, and the file back into it. */
  redraw(html) {
    const drawn = new DOMParser().parseFromString(html, "text/html").querySelector("[data-upload]");
    if (!drawn) return false;
    this.request = null;
    this.form.replaceWith(drawn);
    htmx.process(drawn);
    put(this.input, this.file);
    this.show();
    (drawn.querySelector("[aria-invalid=true]") ?? drawn.querySelector("[role=alert][tabindex]"))?.focus();
    return true;
  }
}

function listenToForm(page) {
  const { root } = page;
  root.addEventListener("change", (event) => {
    if (event.target !== page.input) return;
    const [file] = event.target.files;
    // Closing the dialog without choosing empties the field in some browsers; nobody meant that.
    if (file) page.choose(file);
    else put(page.input, page.file);
  });
  root.addEventListener("submit", (event) => {
    if (event.target !== page.form) return;
    event.preventDefault();
    if (!page.isSending) page.send(event.submitter ?? page.form.querySelector("button.primary"));
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
    take(page, event.dataTransfer.files);
  }, options);
  document.addEventListener("paste", (event) => take(page, event.clipboardData.files), options);
}

function take(page, files) {
  if (!files.length || page.isSending) return;
  page.choose(files[0]);
  if (files.length > 1) toast("Only the first of these files was taken.");
}

function guardLeaving(page, signal) {
  const options = { signal };
  addEventListener("beforeunload", (event) => {
    if (page.isSending) event.preventDefault();
  }, options);
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!page.isSending || ctx.target?.id !== "main" || "HX-History-Restore-Request" in ctx.request.headers) return;
    if (!confirm("The sample is still being sent. Leave the page and stop it?")) event.preventDefault();
  }, options);
}

/** Bring the clone page to life; its listeners end with the page. */
export default function start(root) {
  const page = new CloneForm(root);
  const life = new AbortController();
  listenToForm(page);
  listenToDrops(page, life.signal);
  guardLeaving(page, life.signal);
  if (page.input.files.length) page.choose(page.input.files[0]);
  document.addEventListener("htmx:after:swap", () => {
    if (root.isConnected) return;
    page.request?.abort();
    page.file = null;
    URL.revokeObjectURL(page.sound);
    life.abort();
  }, { signal: life.signal });
}
