// The samples in the clone form: each file is uploaded as soon as it is chosen, then trimmed, ordered, and checked.
import { icon, lengthInWords, make, objectionTo, readAnswer, sizeInWords } from "./files.js";
import { drawSound } from "./sounds.js";
import { marks, toast } from "./ui.js";

const BROKE_OFF = "The upload was interrupted. The file is still here.";
const REFUSALS = {
  401: "You are signed out. Sign in again in another tab, then retry. The file is still here.",
  403: "You don't have permission, or the page is outdated. Reload the page.",
  413: "The file is too large for the server.",
  507: "The server's disk is full. Ask your administrator to free up space, then try again.",
};
const LEAST_CUT = 0.5;

export class Samples {
  constructor(page) {
    this.page = page;
    this.uploads = new Set();
    this.filled = ""; // the transcript that was filled in
    this.isNoted = false; // the URL was changed to the samples in the form
  }

  get form() {
    return this.page.form;
  }

  get list() {
    return this.form.querySelector("[data-samples]");
  }

  get rows() {
    return [...this.list.children];
  }

  /** What keeps the samples from being sent, or nothing. */
  get lack() {
    const [recorder] = this.page.recorders;
    if (recorder.lack) return recorder.lack;
    if (!this.rows.length) return "Add a recording to clone from.";
    const isBad = this.rows.some((row) => row.matches(".bad, :has(> .error:not([hidden]))"));
    return isBad ? "Remove the recording that can't be used, or try it again." : "";
  }

  /** Add files from a dialog, a drop, or the clipboard; shows an error for files that can't be used. */
  take(files) {
    const objections = [];
    for (const file of files) {
      const objection = objectionTo(file, Number(this.form.dataset.maxBytes));
      if (objection) objections.push(objection);
      else this.upload(file);
    }
    this.object(objections);
  }

  object(objections) {
    this.form.querySelector("#id_files_error")?.remove();
    const input = this.form.elements.files;
    input.value = "";
    if (!objections.length) {
      input.removeAttribute("aria-invalid");
      return input.removeAttribute("aria-describedby");
    }
    const lines = objections.map((words) => make("p", { className: "error" }, icon("circle-alert"), make("span", {}, words)));
    const box = make("div", { id: "id_files_error", className: "errors" }, ...lines);
    box.setAttribute("role", "alert");
    this.form.querySelector(".sources").after(box);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "id_files_error");
  }

  upload(file) {
    const row = this.drawUpload(file);
    this.list.append(row);
    this.send(file, row);
  }

  drawUpload(file) {
    const sound = URL.createObjectURL(file);
    const facts = make("span", { className: "muted" }, sizeInWords(file.size));
    const player = drawSound(file.name, sound);
    const audio = player.querySelector("audio");
    const row = make("li", { className: "sample" });
    row.sound = sound;
    audio.addEventListener("loadedmetadata", () => {
      if (!Number.isFinite(audio.duration)) return;
      row.dataset.seconds = audio.duration;
      facts.append(` · ${lengthInWords(audio.duration)}`);
      this.judge();
    });
    audio.addEventListener("error", () => player.remove());
    const remove = make("button", { type: "button", className: "icon-btn sm", title: "Remove" }, icon("x"));
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => this.drop(row));
    const name = make("b", { dir: "auto", title: file.name }, file.name);
    const bar = make("progress", { max: 100, value: 0 });
    bar.setAttribute("aria-label", `Uploading ${file.name}`);
    const said = make("p", { className: "error", hidden: true });
    said.setAttribute("role", "alert");
    const head = make("div", { className: "sample-head" }, icon("file-audio"), make("div", {}, name, facts), make("div", { className: "row-acts" }, remove));
    row.append(head, bar, player, said);
    return row;
  }

  send(file, row) {
    const body = new FormData();
    body.append("form_token", this.form.elements.form_token.value);
    body.append("file", file);
    const request = new XMLHttpRequest();
    const bar = row.querySelector("progress");
    row.request = request;
    this.uploads.add(request);
    request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total * 100; });
    request.upload.addEventListener("load", () => bar.removeAttribute("value"));
    request.addEventListener("load", () => this.answer(request, file, row));
    request.addEventListener("error", () => this.refuse(BROKE_OFF, file, row));
    request.addEventListener("timeout", () => this.refuse(BROKE_OFF, file, row));
    request.addEventListener("loadend", () => {
      this.uploads.delete(request);
      this.judge();
      this.page.goOn();
    });
    request.open("POST", this.form.dataset.upload);
    request.setRequestHeader("X-Upload", "1");
    for (const [name, value] of Object.entries(marks("POST"))) request.setRequestHeader(name, value);
    request.send(body);
  }

  answer(request, file, row) {
    if (!row.isConnected) return;
    if (request.status === 201) return this.replace(row, request.responseText);
    // A sign-in page has status 200: the session has ended.
    const words = request.status < 400 ? REFUSALS[401] : REFUSALS[request.status];
    const trouble = "Something went wrong on the server. The file is still here.";
    this.refuse(readAnswer(request).error ?? words ?? trouble, file, row, request.status !== 422);
  }

  replace(row, html) {
    const drawn = new DOMParser().parseFromString(html, "text/html").querySelector(".sample");
    if (!drawn) return this.refuse("The response couldn't be shown. Reload the page.", null, row, false);
    URL.revokeObjectURL(row.sound);
    if (document.getElementById(drawn.id)) {
      row.remove();
      return toast("This recording is already in the list.");
    }
    if (!drawn.dataset.seconds && row.dataset.seconds) drawn.dataset.seconds = row.dataset.seconds;
    row.replaceWith(drawn);
    htmx.process(drawn);
    this.note();
  }

  refuse(words, file, row, mayTryAgain = true) {
    const said = row.querySelector("[role=alert]");
    row.querySelector("progress").hidden = true;
    said.hidden = false;
    said.replaceChildren(icon("circle-alert"), make("span", {}, words));
    row.classList.add("bad");
    if (!mayTryAgain) return;
    const again = make("button", { type: "button", className: "btn sm" }, "Try again");
    again.addEventListener("click", () => {
      row.replaceWith(...[this.drawUpload(file)].map((drawn) => { this.send(file, drawn); return drawn; }));
    });
    said.append(again);
  }

  drop(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.request?.abort();
    if (row.sound) URL.revokeObjectURL(row.sound);
    row.remove();
    (next?.querySelector("button") ?? this.form.elements.files).focus();
    this.note();
    this.judge();
  }

  /** Handle a row's buttons locally; the server learns the order when the form is submitted. */
  act(button) {
    const row = button.closest(".sample");
    const verb = button.value.split(":")[0];
    if (verb === "remove") return this.drop(row);
    if (verb === "up") row.previousElementSibling?.before(row);
    if (verb === "down") row.nextElementSibling?.after(row);
    button.focus();
    this.note();
  }

  /** Keep the samples in the URL, so that they survive a reload. */
  note() {
    this.isNoted = true;
    const ids = this.rows.map((row) => row.querySelector("[name=sample]")?.value).filter(Boolean);
    const query = new URLSearchParams(location.search);
    query.delete("sample");
    for (const id of ids) query.append("sample", id);
    history.replaceState(history.state, "", query.size ? `?${query}` : location.pathname);
  }

  /** Draw the trims, add up the lengths, and show which providers need more. */
  judge() {
    const lengths = this.rows.filter((row) => !row.classList.contains("bad")).map((row) => this.measure(row));
    const isKnown = lengths.length > 0 && lengths.every(Number.isFinite);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const words = isKnown && lengths.length > 1 ? `Total: ${lengthInWords(total)}.` : "";
    const line = this.form.querySelector("[data-total]");
    if (line.textContent !== words) line.textContent = words;
    for (const target of this.form.querySelectorAll(".prov")) this.compare(target, isKnown ? total : Infinity);
    this.fillIn();
    this.page.judge();
  }

  /** Fill in the transcript unless the user entered one. */
  fillIn() {
    const heard = [...this.form.querySelectorAll("[data-heard]")];
    const { transcript, language } = this.form.elements;
    const words = heard.map((part) => part.textContent.trim()).join(" ").slice(0, transcript.maxLength);
    if (words && [this.filled, ""].includes(transcript.value)) transcript.value = this.filled = words;
    if (!language.value) language.value = heard.find((part) => part.lang)?.lang ?? "";
  }

  measure(row) {
    const length = Number(row.dataset.seconds || NaN);
    const [from, to] = row.querySelectorAll(".cut input");
    if (!from) return length;
    const start = Math.max(0, Number(from.value) || 0);
    const end = Math.min(length, Number(to.value) || length);
    const wave = row.querySelector(".wave");
    wave?.style.setProperty("--from", `${start / length * 100}%`);
    wave?.style.setProperty("--to", `${100 - end / length * 100}%`);
    const isWrong = end - start < LEAST_CUT;
    to.setCustomValidity(isWrong ? "The end must be at least 0.5 s after the start." : "");
    return Math.max(0, end - start);
  }

  compare(target, total) {
    const box = target.querySelector("input");
    const why = target.querySelector("[data-why]");
    if (box.disabled && why.hidden) return; // disabled by the server
    const least = Number(target.dataset.least);
    const isShort = total < least;
    box.disabled = isShort;
    why.hidden = !isShort;
    const words = isShort ? `Too short: ${lengthInWords(total)}. ${target.dataset.label} needs ${least} s.` : "";
    if (why.textContent !== words) why.textContent = words;
  }

  /** Play only the selected part of a sample. */
  follow(player) {
    const [from, to] = player.closest(".sample")?.querySelectorAll(".cut input") ?? [];
    if (!from) return;
    const start = Number(from.value) || 0;
    const end = Number(to.value) || Infinity;
    if (player.currentTime < start - 0.05) player.currentTime = start;
    if (player.currentTime >= end && !player.paused) {
      player.pause();
      player.currentTime = start;
    }
  }
}
