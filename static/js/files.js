// Selected files. Only the server decides what is audio, because phones often declare wrong types.
import { isolate } from "./ui.js";

/** Format a size in bytes. */
export function sizeInWords(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `${kilobytes.toFixed(1)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}

/** Format a length in seconds. */
export function lengthInWords(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Return why a file can't be a sample, or nothing if only the server can tell. */
export function objectionTo(file, limit) {
  if (file.size === 0) return `${isolate(file.name)} is empty. Choose another file.`;
  if (limit && file.size > limit) {
    return `${isolate(file.name)} is ${sizeInWords(file.size)}. The limit is ${sizeInWords(limit)}.`;
  }
  return "";
}

/** Create an element with its properties and children. */
export function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Create an icon from the sprite. */
export function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  drawing.setAttribute("class", "i");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(use);
  return drawing;
}

/** Parse a JSON response; a form, a sign-in page, or a proxy's error page returns nothing. */
export function readAnswer(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}
