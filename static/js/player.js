// One audio element for the whole visit, in the deck outside #main, which is never swapped.
import { isolate, keep, recall, say, tell, toast } from "./ui.js";

const FLAT = "M2 16h252"; // the waveform of a voice that wasn't played yet
const byId = (id) => document.getElementById(id);

let audio;
let deck;
let current = null; // the voice in the player
let row = []; // the list it was played from, for pages without one
let isChaining = false;
let isSpoken = false; // the current voice's preview is being generated
let isNoted = false; // the current play was reported to the server
let frame = 0;
let shownSecond = -1;

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function read(card) {
  const { voice, src, dur, name, sub, gain } = card.dataset;
  const shape = card.dataset.shape || card.querySelector("path.base")?.getAttribute("d") || FLAT;
  const link = card.querySelector("h3 a, th a")?.getAttribute("href") ?? location.pathname;
  return { id: voice, src, seconds: Number(dur) || 0, name, sub, shape, link, gain: Number(gain) || 1 };
}

function cardOf(voice) {
  return voice && document.querySelector(`[data-voice="${CSS.escape(voice.id)}"]`);
}

function listed() {
  return [...document.querySelectorAll("#results [data-play]")].map((button) => button.closest("[data-voice]"));
}

function duration() {
  return Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : current?.seconds ?? 0;
}

function drawPlace(part) {
  const percent = `${(part * 100).toFixed(2)}%`;
  deck.querySelector("path.played").style.setProperty("--played", percent);
  cardOf(current)?.querySelector("path.played")?.style.setProperty("--played", percent);
  byId("seek").value = Math.round(part * 1000);
  const second = Math.floor(audio.currentTime);
  if (second === shownSecond) return;
  shownSecond = second;
  const total = duration();
  byId("deck-time").textContent = total ? `${clock(second)} / ${clock(total)}` : clock(second);
  byId("seek").setAttribute("aria-valuetext", total ? `${clock(second)} of ${clock(total)}` : clock(second));
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
  const isWaiting = isSpoken || (isOn && audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA);
  const own = cardOf(current);
  for (const card of document.querySelectorAll("[data-voice].playing")) if (card !== own) unpaint(card);
  if (own) paintCard(own, isOn, isWaiting);
  deck.classList.toggle("on", isOn);
  deck.classList.toggle("wait", isWaiting);
  deck.querySelector("[data-deck=toggle]").setAttribute("aria-label", isOn ? "Pause" : "Play");
  if (current) drawPlace(place());
}

function describeToSystem() {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: current.name, artist: current.sub });
}

function load(voice) {
  const cards = listed();
  if (cards.length) row = cards.map(read);
  current = voice;
  isNoted = false;
  isSpoken = false;
  current.place = row.findIndex((other) => other.id === voice.id);
  audio.src = voice.src;
  applyVolume();
  deck.hidden = false;
  const name = byId("deck-name");
  name.textContent = voice.name;
  name.href = voice.link;
  byId("deck-sub").textContent = voice.sub;
  for (const path of deck.querySelectorAll(".deck-wave path")) path.setAttribute("d", voice.shape);
  shownSecond = -1;
  paint();
  describeToSystem();
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
  else if (isSpoken) return stopWaiting();
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
  const card = cardOf(current);
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
  current = null;
  deck.hidden = true;
  paint();
  (card?.querySelector("[data-play]") ?? byId("main")).focus({ preventScroll: true });
}

const controls = {
  toggle: () => (isSpoken ? stopWaiting() : audio.paused ? start() : audio.pause()),
  prev: () => step(-1),
  next: () => step(1),
  close,
  chain(button) {
    isChaining = !isChaining;
    button.setAttribute("aria-pressed", isChaining);
  },
};

function onClick(event) {
  const control = event.target.closest("[data-deck]");
  if (control) return controls[control.dataset.deck]?.(control);
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

function setVolume(percent) {
  applyVolume();
  keep("volume", percent);
}

const isBeingSpoken = (answer) => answer.status === 202;

// The preview is being generated: say so, and retry until it is ready.
async function awaitSpeech(voice, answer) {
  const words = await answer.text();
  if (current !== voice) return;
  isSpoken = true;
  byId("deck-sub").textContent = words;
  say(words);
  paint();
  while (isBeingSpoken(answer)) {
    await new Promise((resolve) => { setTimeout(resolve, 1000 * answer.headers.get("Retry-After")); });
    if (current !== voice || !isSpoken) return;
    answer = await fetch(voice.src);
  }
  if (current !== voice || !isSpoken) return;
  stopWaiting();
  if (!answer.ok) return toast(await answer.text());
  audio.src = voice.src;
  start();
}

function stopWaiting() {
  isSpoken = false;
  byId("deck-sub").textContent = current.sub;
  audio.pause();
  paint();
}

// An audio element doesn't say why it failed: fetch the message.
async function explain(voice) {
  let words = `The preview of ${isolate(voice.name)} couldn't be loaded.`;
  try {
    const answer = await fetch(voice.src);
    if (isBeingSpoken(answer)) return await awaitSpeech(voice, answer);
    const hasWords = answer.status === 404 && answer.headers.get("Content-Type")?.startsWith("text/plain");
    if (hasWords) words = await answer.text();
  } catch {
    // Offline: keep the general message.
  }
  toast(words);
}

// Report each play once, for cleanup.
function notePlay() {
  const preview = /^(\/voices\/\d+\/)preview\/$/.exec(current?.src ?? "");
  if (!preview || isNoted) return;
  isNoted = true;
  tell(`${preview[1]}played/`, {});
}

function listenToAudio() {
  for (const name of ["play", "playing", "waiting", "pause", "ended", "emptied"]) audio.addEventListener(name, paint);
  audio.addEventListener("play", () => { if (!frame) follow(); });
  audio.addEventListener("playing", notePlay);
  audio.addEventListener("ended", () => {
    drawPlace(1);
    if (isChaining) step(1);
  });
  audio.addEventListener("error", () => {
    if (!current) return;
    paint();
    explain(current);
  });
}

function listenToSystem() {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  session.setActionHandler("play", start);
  session.setActionHandler("pause", () => audio.pause());
  session.setActionHandler("previoustrack", () => step(-1));
  session.setActionHandler("nexttrack", () => step(1));
}

function listenToPage() {
  document.addEventListener("click", onClick);
  document.addEventListener("input", (event) => {
    if (event.target.id === "seek") seek(event.target.value / 1000);
    if (event.target.id === "vol") setVolume(Number(event.target.value));
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
    listenToSystem();
    listenToPage();
  },
  toggle,
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
