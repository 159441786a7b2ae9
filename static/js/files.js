// Files that somebody chose: what is plainly no sound is refused at once, sizes and lengths are said in words.
import { isolate } from "./ui.js";

const SOUND_TYPE = /^(audio\/|video\/(mp4|webm|ogg|quicktime)|application\/ogg)/;
const SOUND_NAME = /\.(wav|mp3|m4a|mp4|aac|ogg|oga|opus|flac|webm|aif|aiff)$/i;

/** Say a size as people do. */
export function sizeInWords(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  const kilobytes = bytes / 1024;
  return kilobytes < 1000 ? `${Math.round(kilobytes)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}

/** Say a length as people do. */
export function lengthInWords(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function isPlainlyNotSound(file) {
  const hasTellingType = file.type && file.type !== "application/octet-stream";
  return !(hasTellingType ? SOUND_TYPE.test(file.type) : SOUND_NAME.test(file.name));
}

/** Say why a file cannot be a sample, or nothing when only the server can tell. */
export function objectionTo(file, limit) {
  if (isPlainlyNotSound(file)) return `${isolate(file.name)} is not an audio file. Choose another one.`;
  if (file.size === 0) return `${isolate(file.name)} is empty. Choose another one.`;
  if (limit && file.size > limit) {
    return `${isolate(file.name)} is ${sizeInWords(file.size)}; the limit is ${sizeInWords(limit)}.`;
  }
  return "";
}

/** Make an element with its properties and children. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Draw one icon of the sprite. */
export function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  drawing.setAttribute("class", "i");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(use);
  return drawing;
}

/** Read a JSON answer; a form, a sign-in page or an error page of a server in between is none. */
export function readAnswer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}
