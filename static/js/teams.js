// The person went to another team in another tab. What was typed here stays, for when they switch back.
import { marks, toast } from "./ui.js";

const STALE = "You now work in another team. This page still shows the old one; reload it.";

async function switchBack(event) {
  event.preventDefault();
  const form = event.target;
  const request = { method: "POST", headers: marks("POST"), body: new URLSearchParams(new FormData(form)), redirect: "manual" };
  const answer = await fetch(form.action, request).catch(() => null);
  // The answer leads to a page of the team, which is the one that is open.
  if (answer?.type !== "opaqueredirect") return toast("The team could not be changed. Try again.");
  document.getElementById("panel").close();
  toast("You are back in the team of this page. Nothing was sent yet; try again.");
}

/** Show the server's refusal of what this page asked for; a request that nobody made only gets a toast. */
export default function showConflict(html, isPoll) {
  if (isPoll) return toast(STALE);
  const panel = document.getElementById("panel");
  const words = new DOMParser().parseFromString(html, "text/html").getElementById("team-conflict");
  words.querySelector("form")?.addEventListener("submit", switchBack);
  panel.querySelector("#panel-in").replaceChildren(words);
  if (!panel.open) panel.showModal();
}
