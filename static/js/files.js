// Files that were chosen. Only the server tells what is sound: the types that phones declare are often wrong.
import { isolate } from "./ui.js";

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

/** Say why a file cannot be a sample, or nothing when only the server can tell. */
export function objectionTo(file, limit) {
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
