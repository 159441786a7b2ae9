// Record into a form: a text to read, a level meter, and takes that must be checked before they can be used.
import { icon, lengthInWords, make } from "./files.js";
import { drawShape, drawSound } from "./sounds.js";

// What the recorder says; its box may hold a translation.
const WORDS = {
  record: "Record",
  stop: "Stop",
  refused: "The browser blocked the microphone. Allow it in the address bar, or choose a file.",
  missing: "No working microphone found. Choose a file instead.",
  unused: "Use or discard each of your takes first.",
  long: "{n} s, long enough",
  short: "{n} s, aim for {enough} s",
  clipped: "Too loud at times; move back a little",
  unclipped: "None",
  quiet: "Quiet room",
  noisy: "A little room noise",
  tooNoisy: "Too noisy; find a quieter room",
  tooSoft: "Too soft; move closer",
  veryLoud: "Very loud; move back",
  good: "Good",
  take: "Take {n}",
  use: "Use take {n}",
  drop: "Discard take {n}",
  playFirst: "Play it to the end, then use or discard it.",
  otherwise: "I've checked this take in another way.",
  loudTake: "It is too loud at times.",
};
const LONGEST_SECONDS = 300;

const decibels = (value) => 20 * Math.log10(Math.max(value, 1e-5));

/** Encode raw samples as a 16-bit mono WAV. */
function encode(blocks, rate) {
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(44 + count * 2));
  const write = (offset, text) => [...text].forEach((mark, at) => view.setUint8(offset + at, mark.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + count * 2, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, count * 2, true);
  let offset = 44;
  for (const block of blocks) {
    for (const value of block) {
      view.setInt16(offset, Math.max(-1, Math.min(1, value)) * 32767, true);
      offset += 2;
    }
  }
  return new Blob([view], { type: "audio/wav" });
}

/** A take and its measurements while it is being recorded. */
class Take {
  constructor(rate, enough) {
    this.rate = rate;
    this.enough = enough; // seconds
    this.blocks = [];
    this.levels = [];
    this.clipped = 0;
    this.count = 0;
  }

  add({ level, clipped, blocks }) {
    this.blocks.push(...blocks);
    this.count += blocks.reduce((sum, block) => sum + block.length, 0);
    this.levels.push(decibels(level));
    this.clipped += clipped;
  }

  get seconds() {
    return this.count / this.rate;
  }

  /** Rate length, clipping, noise, and level; each has a mood and the name of a text. */
  get verdicts() {
    const sorted = [...this.levels].sort((one, other) => one - other);
    const quiet = sorted[Math.floor(sorted.length / 10)] ?? -60;
    const spoken = this.levels.filter((level) => level > -45);
    const loud = spoken.length ? spoken.reduce((sum, level) => sum + level, 0) / spoken.length : -60;
    return {
      length: this.seconds >= this.enough ? ["ok", "long"] : [this.seconds >= this.enough / 3 ? "warn" : "bad", "short"],
      clipping: this.clipped ? ["bad", "clipped"] : ["ok", "unclipped"],
      noise: quiet < -50 ? ["ok", "quiet"] : quiet < -40 ? ["warn", "noisy"] : ["bad", "tooNoisy"],
      level: loud <= -30 ? ["warn", "tooSoft"] : loud >= -9 ? ["warn", "veryLoud"] : ["ok", "good"],
    };
  }
}

/** A recorder in a form: for a "recording" to clone from, or a "statement". */
export class Recorder {
  constructor(page, what = "recording") {
    this.page = page;
    this.what = what;
    this.live = null; // stream, context and take while the microphone is on
    this.isStarting = false;
    this.number = 0;
  }

  get box() {
    return this.page.form.querySelector(`[data-recorder=${this.what}]`);
  }

  get takes() {
    return [...this.box.querySelectorAll(".take")];
  }

  /** Return whether a take was neither used nor discarded. */
  get isPending() {
    return this.live !== null || (this.box !== null && this.takes.length > 0);
  }

  /** What keeps the form from being sent, or nothing. */
  get lack() {
    return this.isPending ? this.say("unused") : "";
  }

  /** Return a text in the language of the box. */
  say(name, values = {}) {
    const text = JSON.parse(this.box.dataset.words ?? "{}")[name] ?? WORDS[name];
    return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  tell(words) {
    this.box.querySelector("[data-rec-says]").textContent = words;
  }

  async toggle() {
    if (this.live) return this.stop();
    if (this.isStarting) return;
    this.isStarting = true;
    try {
      await this.start();
      this.tell("");
    } catch (trouble) {
      this.tell(this.say(trouble.name === "NotAllowedError" ? "refused" : "missing"));
    } finally {
      this.isStarting = false;
    }
  }

  async start() {
    const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
    if (!navigator.mediaDevices) throw new Error("Recording requires HTTPS.");
    const stream = await navigator.mediaDevices.getUserMedia({ audio: sound });
    const context = new AudioContext();
    await context.audioWorklet.addModule(this.box.dataset.worklet);
    const node = new AudioWorkletNode(context, "meter");
    const take = new Take(context.sampleRate, Number(this.box.dataset.enough));
    node.port.onmessage = ({ data }) => this.hear(take, data);
    context.createMediaStreamSource(stream).connect(node);
    this.live = { stream, context, take };
    this.dress(true);
    this.page.judge();
  }

  dress(isOn) {
    const button = this.box.querySelector("[data-rec]");
    button.setAttribute("aria-pressed", String(isOn));
    button.querySelector("span").textContent = this.say(isOn ? "stop" : "record");
  }

  hear(take, report) {
    if (this.live?.take !== take) return;
    take.add(report);
    const level = decibels(report.peak);
    const meter = this.box.querySelector("[role=meter]");
    meter.firstElementChild.style.setProperty("--level", `${Math.max(0, Math.min(100, (level + 60) / 0.6))}%`);
    // Twice a second: more often would overwhelm a screen reader.
    if (take.levels.length % 10 === 0) {
      meter.setAttribute("aria-valuenow", Math.round(level));
      this.judge(take);
    }
    if (take.seconds >= LONGEST_SECONDS) this.stop();
  }

  judge(take) {
    const seconds = Math.floor(take.seconds);
    this.box.querySelector("[data-clock]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    for (const [name, [mood, verdict]] of Object.entries(take.verdicts)) {
      const words = this.say(verdict, { n: seconds, enough: take.enough });
      const line = this.box.querySelector(`[data-check=${name}]`);
      const symbol = { ok: "circle-check", warn: "triangle-alert", bad: "circle-alert" }[mood];
      if (line.dataset.s !== mood) {
        line.dataset.s = mood;
        line.querySelector(".i").replaceWith(icon(symbol));
      }
      const said = line.querySelector("span");
      if (said.textContent !== words) said.textContent = words;
    }
  }

  stop() {
    const { stream, context, take } = this.live;
    for (const track of stream.getTracks()) track.stop();
    context.close();
    this.live = null;
    this.dress(false);
    if (take.count) {
      this.judge(take);
      this.keep(take);
    }
    this.page.judge();
  }

  /** List a take; it can be used once it was played to its end, or checked in another way. */
  keep(take) {
    this.number += 1;
    const numbered = { n: this.number };
    const name = this.say("take", numbered);
    const file = new File([encode(take.blocks, take.rate)], `${this.what}-${this.number}.wav`, { type: "audio/wav" });
    const sound = URL.createObjectURL(file);
    const player = drawSound(name, sound, drawShape(take.levels));
    const use = make("button", { type: "button", className: "btn sm", disabled: true }, icon("check"), this.say("use", numbered));
    const drop = make("button", { type: "button", className: "btn ghost sm" }, icon("x"), this.say("drop", numbered));
    const hint = make("small", { className: "muted" }, this.say("playFirst"));
    const box = make("input", { type: "checkbox" });
    const otherwise = make("label", { className: "check" }, box, make("span", {}, this.say("otherwise")));
    const warning = take.clipped ? make("small", { className: "why" }, this.say("loudTake")) : "";
    const acts = make("div", { className: "row-acts" }, use, drop);
    const row = make("li", { className: "sample take" }, make("b", {}, `${name} · ${lengthInWords(take.seconds)}`), player, warning, hint, otherwise, acts);
    let isHeard = false;
    const check = () => {
      use.disabled = !isHeard && !box.checked;
      hint.hidden = !use.disabled;
    };
    const leave = () => {
      row.remove();
      URL.revokeObjectURL(sound);
      this.page.judge();
    };
    player.querySelector("audio").addEventListener("ended", () => {
      isHeard = true;
      otherwise.hidden = true;
      check();
    });
    box.addEventListener("change", check);
    use.addEventListener("click", () => {
      leave();
      this.page.samples.take([file]);
    });
    drop.addEventListener("click", () => {
      leave();
      this.box.querySelector("[data-rec]").focus();
    });
    this.box.querySelector("[data-takes]").append(row);
  }

  /** Show the text in the selected language. */
  read(language) {
    for (const text of this.box.querySelectorAll("[data-reading]")) text.hidden = text.lang !== language;
  }

  /** Release the microphone when the page is left. */
  close() {
    for (const track of this.live?.stream.getTracks() ?? []) track.stop();
    this.live?.context.close();
    this.live = null;
  }
}
