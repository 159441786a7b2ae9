// The user switched to another team in another tab. Input on this page is kept for when they switch back.
import { marks, toast } from "./ui.js";

const STALE = "You switched to another team. This page still shows the previous one. Reload the page.";

async function switchBack(event) {
  event.preventDefault();
  const form = event.target;
  const request = { method: "POST", headers: marks("POST"), body: new URLSearchParams(new FormData(form)), redirect: "manual" };
  const answer = await fetch(form.action, request).catch(() => null);
  // The response redirects to a page of the team, which is already open.
  if (answer?.type !== "opaqueredirect") return toast("The team couldn't be switched. Try again.");
  document.getElementById("panel").close();
  toast("You are back in this page's team. Nothing was sent yet. Try again.");
}

/** Show the server's refusal of a request; polling only causes a toast. */
export default function showConflict(html, isPoll) {
  if (isPoll) return toast(STALE);
  const panel = document.getElementById("panel");
  const words = new DOMParser().parseFromString(html, "text/html").getElementById("team-conflict");
  words.querySelector("form")?.addEventListener("submit", switchBack);
  panel.querySelector("#panel-in").replaceChildren(words);
  if (!panel.open) panel.showModal();
}
