// The steps of the clone form: one shows at a time and says what is missing, and the last one sums up.
import { icon, lengthInWords, make } from "./files.js";

const CLONE_NEEDS = {
  language: (who) => `Choose the language of the sample. ${who} requires it.`,
  gender: (who) => `Choose the gender of the voice. ${who} requires it.`,
  transcript: (who) => `Enter the transcript of the sample. ${who} requires it.`,
};
const NO_PROVIDER = "Choose at least one provider.";
const LONGEST_QUOTE = 160;

function shorten(words) {
  return words.length > LONGEST_QUOTE ? `${words.slice(0, LONGEST_QUOTE).trimEnd()}…` : words;
}

function chosen(select) {
  return select.value && select.selectedOptions[0].textContent.trim();
}

function drawError(words) {
  return make("p", { className: "error" }, icon("circle-alert"), make("span", {}, words));
}

function lackId(field) {
  return `${field.id}_lack`;
}

function describe(field, ids) {
  if (ids?.trim()) field.setAttribute("aria-describedby", ids.trim());
  else field.removeAttribute("aria-describedby");
}

export class Steps {
  constructor(page) {
    this.page = page;
    this.seen = new Set(); // ids of the steps that were left
  }

  get form() {
    return this.page.form;
  }

  get sections() {
    return [...this.form.querySelectorAll("[data-step]")];
  }

  get at() {
    return this.sections.findIndex((section) => !section.hidden);
  }

  get current() {
    return this.sections[this.at];
  }

  /** Turn the form into steps, and show the first one that the server found an error in. */
  open() {
    // Required fields of hidden steps can't be reported by the browser.
    this.form.noValidate = true;
    this.form.classList.add("guided");
    const wrong = this.sections.findIndex((section) => section.querySelector("[aria-invalid=true], .error"));
    if (wrong > 0) for (const section of this.sections) this.seen.add(section.id);
    this.show(Math.max(0, wrong), { focus: false, push: false });
  }

  show(place, { focus = true, push = true } = {}) {
    const { sections } = this;
    if (!sections[place]) return;
    if (this.form.classList.contains("guided") && this.at !== place) this.seen.add(this.current?.id);
    sections.forEach((section, each) => { section.hidden = each !== place; });
    this.form.querySelectorAll(".steps a").forEach((link, each) => {
      if (each === place) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
    const state = { ...history.state, htmx: true, step: place };
    if (push) history.pushState(state, "");
    else history.replaceState(state, "");
    if (this.page.samples.isNoted) this.page.samples.note();
    this.judge();
    if (!focus) return;
    sections[place].querySelector("h2").focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  /** Follow the browser's Back and Forward; returns whether they stay on this form. */
  travel() {
    const { step } = history.state ?? {};
    if (step === undefined || step === this.at) return false;
    this.show(step, { push: false });
    return true;
  }

  go(by) {
    if (by > 0 && this.complain(this.current)) return;
    this.show(this.at + by);
  }

  goTo(id) {
    const place = this.sections.findIndex((section) => section.id === id);
    if (place < 0) return false;
    this.show(place);
    return true;
  }

  /** Return whether the form can be sent; Enter in an earlier step goes on, and what is missing is shown. */
  isComplete() {
    if (this.at < this.sections.length - 1) {
      this.go(1);
      return false;
    }
    const place = this.sections.findIndex((section) => this.findLacks(section).length);
    if (place < 0) return true;
    this.show(place);
    this.complain(this.sections[place]);
    return false;
  }

  /** Return what is missing or wrong in a step, each with its field, if it has one. */
  findLacks(section) {
    const fields = [...section.querySelectorAll("input, select, textarea")];
    const lacks = fields.filter((field) => field.willValidate && !field.validity.valid)
      .map((field) => [field.validity.valueMissing ? field.dataset.missing : field.validationMessage, field]);
    if (section.id === "samples" && this.page.samples.lack) lacks.unshift([this.page.samples.lack]);
    if (section.id === "providers" && !section.querySelector(".prov input:checked:enabled")) lacks.push([NO_PROVIDER]);
    const words = section.querySelector("[data-lack-words]")?.dataset.lackWords;
    if (words) lacks.push([words]);
    if (section.id === "permission" && this.page.recorders[1].lack) lacks.push([this.page.recorders[1].lack]);
    return lacks;
  }

  /** Show what is missing in a step and lead to it; returns whether anything is. */
  complain(section) {
    const lacks = this.findLacks(section);
    this.drawLacks(section, lacks);
    if (!lacks.length) return false;
    const field = lacks.find(([, each]) => each)?.[1] ?? section.querySelector("input:enabled");
    (field ?? section.querySelector("h2")).focus();
    return true;
  }

  /** Show each thing that is missing next to its field, or above the buttons if it has none. */
  drawLacks(section, lacks) {
    const box = section.querySelector("[data-lacks]");
    const known = JSON.stringify(lacks.map(([words, field]) => [words, field?.name]));
    if ((box.dataset.lacks || "[]") === known) return;
    box.dataset.lacks = lacks.length ? known : "";
    for (const line of section.querySelectorAll("[data-lack]")) line.remove();
    for (const field of section.querySelectorAll("[data-lacking]")) {
      delete field.dataset.lacking;
      field.removeAttribute("aria-invalid");
      describe(field, field.getAttribute("aria-describedby")?.replace(lackId(field), ""));
    }
    const lines = [];
    for (const [words, field] of lacks) {
      if (field?.hasAttribute("aria-invalid")) continue;
      const line = drawError(words);
      const place = field?.closest(".field, .check");
      if (place?.matches(".check")) place.after(line);
      else if (place) place.append(line);
      else lines.push(line);
      if (!field) continue;
      field.dataset.lacking = "";
      field.setAttribute("aria-invalid", "true");
      if (!place) continue;
      line.dataset.lack = "";
      line.id = lackId(field);
      describe(field, `${field.getAttribute("aria-describedby") ?? ""} ${line.id}`);
    }
    box.replaceChildren(...lines);
  }

  /** Bring everything up to date that depends on what was entered. */
  judge() {
    if (!this.form.classList.contains("guided")) return;
    this.require();
    this.sections.forEach((section, place) => {
      const box = section.querySelector("[data-lacks]");
      const lacks = this.findLacks(section);
      if (box?.dataset.lacks) this.drawLacks(section, lacks);
      if (box) this.mark(place, this.seen.has(section.id) ? lacks.length === 0 : null);
    });
    if (this.current.id === "summary") this.summarize();
  }

  mark(place, isGood) {
    const link = this.form.querySelectorAll(".steps a")[place];
    const state = { true: "ok", false: "bad" }[isGood] ?? "";
    if (link.dataset.s === state) return;
    link.dataset.s = state;
    const symbol = { ok: icon("check"), bad: icon("triangle-alert") }[state] ?? place + 1;
    link.querySelector("i").replaceChildren(symbol);
    link.querySelector("[data-state]").textContent = { ok: "(complete)", bad: "(something is missing)" }[state] ?? "";
  }

  /** Some fields are required only by a provider, or by another answer. */
  require() {
    const { elements } = this.form;
    const targets = [...this.form.querySelectorAll(".prov:has(:checked:enabled)")];
    for (const [name, words] of Object.entries(CLONE_NEEDS)) {
      const target = targets.find((each) => each.dataset.needs.split(" ").includes(name));
      this.setRequired(elements[name], Boolean(target));
      if (target) elements[name].dataset.missing = words(target.dataset.label);
    }
    if (!elements.relation) return;
    const isGuardian = elements.relation.value === "guardian";
    this.setRequired(elements.given_by, isGuardian);
    elements.given_by.closest(".field").hidden = !isGuardian && !elements.given_by.value;
    this.setRequired(elements.use_note, elements.allowed_use.value === "project");
  }

  setRequired(field, isRequired) {
    field.required = isRequired;
    field.closest(".field").querySelector("label small").hidden = isRequired;
  }

  summarize() {
    const rows = [this.sumSamples(), this.sumProviders(), this.sumVoice(), this.sumPermission()];
    const drawn = rows.map((lines, place) => this.drawRow(this.sections[place], lines.filter(Boolean)));
    const list = this.form.querySelector("[data-summary]");
    // Unchanged rows stay, so that a link keeps the focus.
    if (!drawn.every((row, place) => list.children[place]?.isEqualNode(row))) list.replaceChildren(...drawn);
  }

  drawRow(section, lines) {
    const link = this.form.querySelector(`.steps a[href="#${section.id}"]`);
    const title = link.querySelector("span").textContent;
    const lacks = this.findLacks(section).map(([words]) => drawError(words));
    const change = make("a", { href: `#${section.id}` }, "Change", make("span", { className: "sr" }, ` ${title.toLowerCase()}`));
    const said = make("dd", {}, ...lines.map((words) => make("p", { dir: "auto" }, words)), ...lacks);
    return make("div", {}, make("dt", {}, title), said, make("dd", { className: "change" }, change));
  }

  sumSamples() {
    const { rows } = this.page.samples;
    return rows.map((row) => {
      const length = this.page.samples.measure(row);
      const name = row.querySelector(".sample-head b").textContent;
      const known = Number.isFinite(length) ? `${name} · ${lengthInWords(length)}` : name;
      return row.querySelector("[value=cleaned]:checked") ? `${known} · noise removed` : known;
    });
  }

  sumProviders() {
    return [...this.form.querySelectorAll(".prov:has(:checked:enabled)")].map((target) => {
      const price = target.querySelector(".price")?.textContent.trim();
      const name = target.querySelector("[data-name]").textContent.trim();
      return price ? `${name} · ${price}` : name;
    });
  }

  sumVoice() {
    const { name, description, language, gender, transcript, removes_noise: removesNoise } = this.form.elements;
    return [
      name.value,
      description.value,
      [chosen(language), chosen(gender)].filter(Boolean).join(" · "),
      transcript.value && `Transcript: ${shorten(transcript.value)}`,
      removesNoise?.checked && "The provider removes noise if it can.",
    ];
  }

  sumPermission() {
    const recorded = this.form.querySelector("[data-recorded]");
    if (recorded) return [...recorded.closest("dl").querySelectorAll("dd")].map((line) => line.textContent.trim());
    if (!this.form.elements.speaker) return [];
    const { speaker, relation, given_by: givenBy, allowed_use: use, use_note: note, ends_on: end, proof, consent } = this.form.elements;
    return [
      speaker.value,
      chosen(relation),
      givenBy.value && `Parent or guardian: ${givenBy.value}`,
      [chosen(use), note.value].filter(Boolean).join(": "),
      end.value && `Until ${new Date(`${end.value}T00:00`).toLocaleDateString("en-US", { dateStyle: "medium" })}`,
      proof.files[0] && `Proof: ${proof.files[0].name}`,
      consent.checked && "You have the speaker's permission and can prove it.",
    ];
  }
}
