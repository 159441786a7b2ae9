// Words for people: the live region and the toasts, and what the browser remembers for them.

const STAYS = 6000;
const STAYS_WITH_BUTTON = 12000;
const MOST_TOASTS = 4;

/** Have a screen reader say something, also when the same was said before. */
export function say(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 30);
}

/** Show a short notice; the same notice is kept up rather than stacked. */
export function toast(text) {
  const stack = document.getElementById("toasts");
  const same = [...stack.children].find((shown) => shown.textContent.trim() === text);
  same?.remove();
  const notice = document.createElement("div");
  notice.className = "toast";
  notice.dataset.toast = "";
  notice.textContent = text;
  stack.append(notice);
}

/** Keep a name from turning the sentence around it when it is written from right to left. */
export function isolate(name) {
  return `\u2068${name}\u2069`;
}

/** Read what this browser keeps for us; a browser may refuse to keep anything. */
export function recall(key) {
  try {
    return localStorage.getItem(`voiceboard.${key}`);
  } catch {
    return null;
  }
}

/** Keep a preference in this browser, if it lets us. */
export function keep(key, value) {
  try {
    localStorage.setItem(`voiceboard.${key}`, value);
  } catch {
    // Private windows refuse; the preference then lasts as long as the page.
  }
}

// A toast leaves by itself, but never while somebody reads it or is about to press its button.
function arm(notice) {
  let timer;
  const stop = () => clearTimeout(timer);
  const start = () => {
    stop();
    timer = setTimeout(() => notice.remove(), notice.querySelector("button") ? STAYS_WITH_BUTTON : STAYS);
  };
  notice.addEventListener("pointerenter", stop);
  notice.addEventListener("focusin", stop);
  notice.addEventListener("pointerleave", start);
  notice.addEventListener("focusout", start);
  start();
}

/** Start the clocks of the toasts, those of the page and those that swaps bring. */
export function watchToasts() {
  const stack = document.getElementById("toasts");
  for (const notice of stack.querySelectorAll("[data-toast]")) arm(notice);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.dataset?.toast !== undefined) arm(node);
    }
    while (stack.childElementCount > MOST_TOASTS) stack.firstElementChild.remove();
  }).observe(stack, { childList: true });
}

/** Return the headers that each request of a page carries: its team and, where it writes, the CSRF token. */
export function marks(method) {
  const { csrf, team } = document.body.dataset;
  const headers = team ? { "X-Team": team } : {};
  return method === "GET" ? headers : { ...headers, "X-CSRFToken": csrf };
}

/** Post a form without waiting for an answer: what it tells matters to the next page only. */
export function tell(address, values) {
  fetch(address, {
    method: "POST",
    headers: marks("POST"),
    body: new URLSearchParams(values),
    redirect: "manual",
  }).catch(() => {});
}
