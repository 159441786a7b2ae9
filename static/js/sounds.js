// Players of recordings: a button, a waveform to seek in, and the time. Without script, the browser's own stand in.
import { clock, toast } from "./ui.js";

const MOST_BARS = 128;
const EVENTS = ["play", "pause", "ended", "timeupdate", "seeked", "loadedmetadata", "durationchange", "emptied"];

function paint(sound) {
  const audio = sound.querySelector("audio");
  const place = sound.querySelector("[data-place]");
  const total = Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : Number(place.max);
  const now = Math.min(audio.currentTime, total);
  place.max = total;
  place.value = now;
  place.setAttribute("aria-valuetext", `${clock(now)} of ${clock(total)}`);
  sound.querySelector("[data-time]").textContent = now ? `${clock(now)} / ${clock(total)}` : clock(total);
  sound.style.setProperty("--played", `${total ? now / total * 100 : 0}%`);
  sound.classList.toggle("playing", now > 0 || !audio.paused);
  sound.classList.toggle("on", !audio.paused);
  sound.querySelector("[data-hear]").setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${sound.dataset.sound}`);
  const base = sound.querySelector("path.base");
  if (sound.querySelector("path.played")) return;
  const played = base.cloneNode();
  played.setAttribute("class", "played");
  base.after(played);
}

function toggle(audio) {
  if (!audio.paused) return audio.pause();
  if (audio.error) audio.load();
  audio.play().catch(() => {
    if (audio.error) toast("This recording couldn't be played.");
  });
}

/** Return a player for a file in the browser, drawn from the template that the page holds. */
export function drawSound(name, address, shape = "") {
  const drawn = document.querySelector("template[data-player]").content.cloneNode(true).firstElementChild;
  drawn.dataset.sound = name;
  drawn.querySelector("path.base").setAttribute("d", shape);
  drawn.querySelector("[data-hear]").setAttribute("aria-label", `Play ${name}`);
  drawn.querySelector("[data-place]").setAttribute("aria-label", `Position in ${name}`);
  const audio = drawn.querySelector("audio");
  audio.setAttribute("aria-label", name);
  audio.preload = "metadata";
  audio.src = address;
  return drawn;
}

/** Return the path of a waveform for loudness levels in dB; see "wave" in the server's templates. */
export function drawShape(levels) {
  const count = Math.min(MOST_BARS, levels.length);
  const bars = Array.from({ length: count }, (_, bar) => {
    const part = levels.slice(Math.floor(bar * levels.length / count), Math.floor((bar + 1) * levels.length / count));
    const height = Math.max(1, Math.min(30, (Math.max(...part) + 60) / 2));
    return `M${((bar + 0.5) * 256 / count).toFixed(1)} ${(16 - height / 2).toFixed(1)}v${height.toFixed(1)}`;
  });
  return bars.join("");
}

/** Run the players in an element, including those that are swapped in later. */
export default function watchSounds(root) {
  root.addEventListener("click", (event) => {
    const sound = event.target.closest("[data-hear]")?.closest("[data-sound]");
    if (sound) toggle(sound.querySelector("audio"));
  });
  root.addEventListener("input", ({ target }) => {
    if (target.dataset.place === undefined) return;
    const sound = target.closest("[data-sound]");
    sound.querySelector("audio").currentTime = target.value;
    paint(sound);
  });
  // Events of media don't bubble.
  for (const name of EVENTS) {
    root.addEventListener(name, ({ target }) => {
      const sound = target.closest("[data-sound]");
      if (sound) paint(sound);
    }, true);
  }
}
