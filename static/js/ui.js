// Messages for users (live region and toasts), and preferences stored in the browser.

const STAYS = 6000;
const STAYS_WITH_BUTTON = 12000;
const MOST_TOASTS = 4;

/** Announce a text to screen readers, even if it repeats the last one. */
export function say(text) {
  const live = document.getElementById("live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 30);
}

/** Show a toast; an identical one is extended instead of shown twice. */
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

/** Return seconds as 0:07, rounded as in the server's templates. */
export function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Isolate a name that may be right-to-left. */
export function isolate(name) {
  return `\u2068${name}\u2069`;
}

/** Read a stored preference; the browser may block storage. */
export function recall(key) {
  try {
    return localStorage.getItem(`voiceboard.${key}`);
  } catch {
    return null;
  }
}

/** Store a preference in the browser if possible. */
export function keep(key, value) {
  try {
    localStorage.setItem(`voiceboard.${key}`, value);
  } catch {
    // The preference lasts until the page is left.
  }
}

// Toasts disappear automatically, but not while they are hovered or focused.
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

/** Start the timers of all toasts, including those added by swaps. */
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

/** Return a request's headers: the page's team and, for writes, the CSRF token. */
export function marks(method) {
  const { csrf, team } = document.body.dataset;
  const headers = team ? { "X-Team": team } : {};
  return method === "GET" ? headers : { ...headers, "X-CSRFToken": csrf };
}

/** Post a form without waiting for a response, for state that only the next page needs. */
export function tell(address, values) {
  fetch(address, {
    method: "POST",
    headers: marks("POST"),
    body: new URLSearchParams(values),
    redirect: "manual",
  }).catch(() => {});
}
