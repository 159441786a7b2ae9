// One audio element for the whole visit, in the deck outside #main, which is never swapped.
import { clock, recall, say } from "./ui.js";

export const FLAT = "M2 16h252"; // the waveform of a voice that wasn't played yet
const byId = (id) => document.getElementById(id);

let audio;
let deck;
let current = null; // the voice in the player
let row = []; // the list it was played from, for pages without one
let isAwaited = false; // the current voice's preview is being generated or fetched
let frame = 0;
let shownSecond = -1;

function read(card) {
  const { voice, src, dur, name, sub, gain } = card.dataset;
  const shape = card.dataset.shape || card.querySelector("path.base")?.getAttribute("d") || FLAT;
  const link = card.querySelector("h3 a, th a")?.getAttribute("href") ?? location.pathname;
  return { id: voice, src, seconds: Number(dur) || 0, name, sub, shape, link, gain: Number(gain) || 1 };
}

function cardsOf(voice) {
  return voice ? [...document.querySelectorAll(`[data-voice="${CSS.escape(voice.id)}"]`)] : [];
}

function listed() {
  const buttons = document.querySelectorAll(":is(#results, #rounds) [data-play]");
  return [...buttons].map((button) => button.closest("[data-voice]"));
}

function duration() {
  return Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : current?.seconds ?? 0;
}

function drawPlace(part) {
  const percent = `${(part * 100).toFixed(2)}%`;
  for (const place of [deck, ...cardsOf(current)]) {
    place.querySelector("path.played")?.style.setProperty("--played", percent);
  }
  byId("seek").value = Math.round(part * 1000);
  const second = Math.round(audio.currentTime);
  if (second === shownSecond) return;
  shownSecond = second;
  const total = duration();
  const isWaiting = deck.classList.contains("wait");
  const write = (joint) => (isWaiting ? "Loading…" : total ? clock(second) + joint + clock(total) : clock(second));
  byId("deck-time").textContent = write(" / ");
  byId("seek").setAttribute("aria-valuetext", write(" of "));
}

function place() {
  const total = duration();
  return total ? Math.min(1, audio.currentTime / total) : 0;
}

function follow() {
  drawPlace(place());
  frame = audio.paused ? 0 : requestAnimationFrame(follow);
}

function setLabel(card, word) {
  card.querySelector("[data-play]")?.setAttribute("aria-label", `${word} ${card.dataset.name}`);
}

function unpaint(card) {
  card.classList.remove("playing", "on", "wait");
  card.querySelector("path.played")?.remove();
  setLabel(card, "Play");
}

function paintCard(card, isOn, isWaiting) {
  card.classList.add("playing");
  card.classList.toggle("on", isOn);
  card.classList.toggle("wait", isWaiting);
  setLabel(card, isOn ? "Pause" : "Play");
  const base = card.querySelector("path.base");
  if (!base || card.querySelector("path.played")) return;
  const played = base.cloneNode();
  played.setAttribute("class", "played");
  played.setAttribute("d", current.shape);
  base.after(played);
}

function paint() {
  const isOn = Boolean(current) && !audio.paused;
  const isWaiting = isAwaited || (isOn && audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
  const own = cardsOf(current);
  for (const card of document.querySelectorAll("[data-voice].playing")) if (!own.includes(card)) unpaint(card);
  for (const card of own) paintCard(card, isOn, isWaiting);
  deck.classList.toggle("on", isOn);
  deck.classList.toggle("wait", isWaiting);
  deck.querySelector("[data-deck=toggle]").setAttribute("aria-label", isOn ? "Pause" : "Play");
  shownSecond = -1;
  if (current) drawPlace(place());
}

function load(voice) {
  const cards = listed();
  if (cards.length) row = cards.map(read);
  current = voice;
  isAwaited = false;
  current.place = row.findIndex((other) => other.id === voice.id);
  audio.src = voice.src;
  applyVolume();
  if (deck.hidden) {
    deck.hidden = false;
    deck.dispatchEvent(new Event("toggle")); // its module is loaded now
  }
  const name = byId("deck-name");
  name.textContent = voice.name;
  name.href = voice.link;
  byId("deck-sub").textContent = voice.sub;
  for (const path of deck.querySelectorAll(".deck-wave path")) path.setAttribute("d", voice.shape);
  paint();
}

function start() {
  // A failed preview stays failed until it is requested again.
  if (audio.error) audio.load();
  // The error event reports refusals; an interruption by the next voice is no error.
  audio.play().catch(() => paint());
}

function toggle(card) {
  if (!card?.querySelector("[data-play]")) return;
  if (current?.id !== card.dataset.voice) load(read(card));
  else if (isAwaited) return wait("");
  else if (!audio.paused) return audio.pause();
  start();
}

function seek(part) {
  const jump = () => { audio.currentTime = part * duration(); };
  if (audio.readyState) jump();
  else audio.addEventListener("loadedmetadata", jump, { once: true });
  drawPlace(part);
}

function step(by) {
  const cards = listed();
  const voices = cards.length ? cards.map(read) : row;
  const at = voices.findIndex((voice) => voice.id === current?.id);
  // If the voice has left the list, the next one has taken its place.
  const left = (current?.place ?? -1) + (by > 0 ? 0 : -1);
  const next = voices[at < 0 ? Math.max(0, left) : at + by];
  if (!next) return say(by > 0 ? "This is the last voice on the page." : "This is the first voice on the page.");
  load(next);
  start();
}

function close() {
  const [card] = cardsOf(current);
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
  current = null;
  deck.hidden = true;
  paint();
  (card?.querySelector("[data-play]") ?? byId("main")).focus({ preventScroll: true });
}

// Shows words instead of the voice's details while its preview isn't ready yet; "" ends that.
function wait(words) {
  isAwaited = Boolean(words);
  byId("deck-sub").textContent = words || current.sub;
  if (!words) audio.pause();
  paint();
}

// Gives the current voice a waveform that was unknown before, where it is shown.
function reshape(shape) {
  current.shape = shape;
  for (const place of [deck, ...cardsOf(current)]) {
    for (const path of place.querySelectorAll("path.base, path.played")) path.setAttribute("d", shape);
  }
}

const controls = {
  toggle: () => (isAwaited ? wait("") : audio.paused ? start() : audio.pause()),
  prev: () => step(-1),
  next: () => step(1),
  close,
};

function onClick(event) {
  const control = event.target.closest("[data-deck]");
  if (control) return controls[control.dataset.deck]?.();
  const button = event.target.closest("[data-play]");
  if (button) return toggle(button.closest("[data-voice]"));
  const wave = event.target.closest("[data-seek]");
  const card = wave?.closest("[data-voice]");
  if (!card) return;
  const box = wave.getBoundingClientRect();
  if (current?.id !== card.dataset.voice) load(read(card));
  seek(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)));
  start();
}

// Compared clips come with a gain that makes them equally loud.
function applyVolume() {
  audio.volume = (byId("vol").value / 100) * (current?.gain ?? 1);
}

function listenToAudio() {
  const changes = ["play", "playing", "waiting", "pause", "ended", "emptied", "error"];
  for (const name of changes) audio.addEventListener(name, paint);
  audio.addEventListener("play", () => { if (!frame) follow(); });
  audio.addEventListener("ended", () => drawPlace(1));
}

function listenToPage() {
  document.addEventListener("click", onClick);
  document.addEventListener("input", (event) => {
    if (event.target.id === "seek") seek(event.target.value / 1000);
    if (event.target.id === "vol") applyVolume();
  });
  // Only one thing plays at a time: other audio pauses the player, and vice versa.
  document.addEventListener("play", (event) => {
    if (event.target !== audio) return audio.pause();
    for (const other of document.querySelectorAll("audio, video")) if (other !== audio) other.pause();
  }, true);
}

export const player = {
  /** Set up the player; it stays hidden until a voice is played. */
  init() {
    audio = byId("audio");
    deck = byId("deck");
    if (!audio || !deck) return;
    const volume = byId("vol");
    volume.value = recall("volume") ?? volume.value;
    applyVolume();
    listenToAudio();
    listenToPage();
  },
  toggle,
  start,
  wait,
  reshape,
  /** The voice in the player, null if there is none. */
  get current() { return current; },
  /** Whether the player waits for the current voice's preview. */
  get isAwaited() { return isAwaited; },
  /** Play the next or previous voice in the list; does nothing if the player is empty. */
  step(by) {
    if (!current) return false;
    step(by);
  },
  /** Mark the playing voice again after a swap replaced its card. */
  sync() {
    if (deck) paint();
  },
};
