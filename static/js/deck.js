// The part of the player that is needed once something plays: app.js loads it when the player opens.
import { FLAT, player } from "./player.js";
import { isolate, keep, recall, say, tell, toast } from "./ui.js";

const BARS = 64;
const RATE = 48_000;

let audio;
let deck;
let isChaining = false;
let noted = null; // the voice whose play was reported to the server

const isPending = (answer) => answer.status === 202;

// The preview is being generated or fetched: say so, and retry until it is ready.
async function awaitPreview(voice, answer) {
  const words = await answer.text();
  if (player.current !== voice) return;
  player.wait(words);
  say(words);
  while (isPending(answer)) {
    await new Promise((resolve) => { setTimeout(resolve, 1000 * answer.headers.get("Retry-After")); });
    if (player.current !== voice || !player.isAwaited) return;
    answer = await fetch(voice.src);
  }
  if (player.current !== voice || !player.isAwaited) return;
  player.wait("");
  if (!answer.ok) return toast(await answer.text());
  audio.src = voice.src;
  player.start();
}

// An audio element doesn't say why it failed: fetch the message.
async function explain() {
  const voice = player.current;
  if (!voice) return;
  let words = `The preview of ${isolate(voice.name)} couldn't be loaded.`;
  try {
    const answer = await fetch(voice.src);
    if (isPending(answer)) return await awaitPreview(voice, answer);
    const hasWords = answer.status === 404 && answer.headers.get("Content-Type")?.startsWith("text/plain");
    if (hasWords) words = await answer.text();
  } catch {
    // Offline: keep the general message.
  }
  toast(words);
}

// Report each play once, for cleanup.
function notePlay() {
  const voice = player.current;
  const preview = /^(\/voices\/\d+\/)preview\/$/.exec(voice?.src ?? "");
  if (!preview || noted === voice) return;
  noted = voice;
  tell(`${preview[1]}played/`, {});
}

// The height of each bar of a waveform, as the server computes it; loudest is 1.
function findPeaks(samples) {
  const size = samples.length / BARS;
  const peaks = Array.from({ length: BARS }, (_, bar) => {
    const part = samples.subarray(Math.floor(bar * size), Math.floor((bar + 1) * size));
    return part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  });
  const loudest = Math.max(...peaks) || 1;
  return peaks.map((peak) => peak / loudest);
}

function drawBar(peak, bar) {
  const height = Math.max(1, 30 * peak);
  return `M${((bar + 0.5) * 256) / BARS} ${16 - height / 2}v${height}`;
}

// The server knows a waveform only after the first play.
async function drawWave() {
  const voice = player.current;
  if (voice?.shape !== FLAT) return;
  try {
    const content = await (await fetch(voice.src)).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(content);
    const shape = findPeaks(sound.getChannelData(0)).map(drawBar).join("");
    if (player.current === voice) player.reshape(shape);
  } catch {
    // The line stays.
  }
}

// A clip can be saved once it can be played.
function offerDownload() {
  const link = deck.querySelector("#deck-save");
  const voice = player.current;
  if (voice && audio.readyState) link.href = `${voice.src}?download`;
  else link.removeAttribute("href");
  if (voice) link.setAttribute("aria-label", `Download ${voice.name}`);
}

function setSpeed(speed) {
  // The default rate is the one that the next clip starts with.
  audio.defaultPlaybackRate = speed;
  audio.playbackRate = speed;
}

function setRepeat(isLooping, isPlayingOn) {
  audio.loop = isLooping;
  isChaining = isPlayingOn;
  deck.querySelector("[data-deck=loop]").setAttribute("aria-pressed", isLooping);
  deck.querySelector("[data-deck=chain]").setAttribute("aria-pressed", isPlayingOn);
}

function onClick(event) {
  const name = event.target.closest("[data-deck]")?.dataset.deck;
  // A voice that loops never ends, so at most one of the two is on.
  if (name === "loop") setRepeat(!audio.loop, false);
  if (name === "chain") setRepeat(false, !isChaining);
}

function onInput({ target }) {
  if (target.id === "vol") keep("volume", Number(target.value));
  if (target.id !== "speed") return;
  setSpeed(Number(target.value));
  keep("speed", target.value);
}

function describeToSystem() {
  const voice = player.current;
  if (!voice || !("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: voice.name, artist: voice.sub });
}

function listenToSystem() {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  session.setActionHandler("play", player.start);
  session.setActionHandler("pause", () => audio.pause());
  session.setActionHandler("previoustrack", () => player.step(-1));
  session.setActionHandler("nexttrack", () => player.step(1));
}

function recallSpeed() {
  const field = deck.querySelector("#speed");
  const kept = recall("speed");
  if ([...field.options].some((option) => option.value === kept)) field.value = kept;
  setSpeed(Number(field.value));
}

export default function open(element) {
  deck = element;
  audio = deck.querySelector("audio");
  recallSpeed();
  listenToSystem();
  deck.addEventListener("click", onClick);
  deck.addEventListener("input", onInput);
  for (const act of [notePlay, drawWave]) audio.addEventListener("playing", act);
  audio.addEventListener("ended", () => { if (isChaining) player.step(1); });
  audio.addEventListener("error", explain);
  for (const name of ["loadedmetadata", "emptied"]) audio.addEventListener(name, offerDownload);
  audio.addEventListener("loadstart", describeToSystem);
  // What happened while this module was loading.
  describeToSystem();
  offerDownload();
  if (audio.error) explain();
  else if (!audio.paused && audio.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) {
    notePlay();
    drawWave();
  }
}
