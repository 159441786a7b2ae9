// On Back a browser may show a page from memory.
import { keep, recall } from "./ui.js";

const person = () => document.body.dataset.person ?? "";

/** Hide a page that is left from all but the person it was drawn for. */
export function watchLeaving() {
  const { classList } = document.documentElement;
  keep("person", person());
  document.addEventListener("submit", ({ target }) => { if (`${target.action}`.endsWith("/logout/")) keep("person", ""); });
  addEventListener("pagehide", () => { if (person()) classList.add("left"); });
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    if (recall("person") === person()) return classList.remove("left");
    document.body.replaceChildren();
    location.reload();
  });
}
