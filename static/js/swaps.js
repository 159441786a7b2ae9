// Around htmx's swaps: errors, focus, the live region, scroll positions.
import { marks, say, toast } from "./ui.js";

const SWAPPED_REFUSALS = new Set([409, 422]); // a form with errors, or an outdated dry run
const REFUSALS = {
  401: "You are signed out. Sign in again to continue.",
  403: "You don't have permission, or the page is outdated. Reload the page.",
  404: "This no longer exists. Reload the page.",
  413: "This is too large for the server.",
  429: "Too many requests. Wait a minute, then try again.",
  507: "The server's disk is full. Ask your administrator to free up space, then try again.",
};
const byId = (id) => document.getElementById(id);

const writesBefore = new WeakMap(); // how many writes were shown when a request was sent

let shownPath = location.pathname;
let shownWrites = 0;
let hadFocus = false;
let focusedChoice = null; // the focused filter checkbox
let saidCount = "";
const openGroups = new Map(); // which details the user opened or closed, by id

function isPoll(ctx) {
  return ctx.sourceEvent?.type === "every";
}

function isHistory(ctx) {
  return "HX-History-Restore-Request" in ctx.request.headers;
}

function onRequest(event) {
  const { ctx } = event.detail;
  if (isPoll(ctx) && document.hidden) return event.preventDefault();
  writesBefore.set(ctx, shownWrites);
  ctx.isFromPanel = byId("panel")?.contains(ctx.sourceElement); // its response doesn't reopen a closed panel
  Object.assign(ctx.request.headers, marks(ctx.request.method));
  if (isPoll(ctx)) ctx.request.headers["X-Poll"] = "1"; // not a user action
}

function adviceFor(ctx) {
  if (ctx.request.method !== "GET") return "Reload the page to see whether it worked.";
  if (isHistory(ctx)) return "Reload the page.";
  return ctx.target?.id === "results" ? "Your filters are kept. Try again." : "Try again.";
}

function onError(event) {
  const { ctx } = event.detail;
  if (!ctx) return;
  if (ctx.response) return toast("The response couldn't be shown. Reload the page.");
  toast(`The server didn't respond. ${adviceFor(ctx)}`);
}

// An error may replace a whole page, but never a part of one.
function isKeptOut(ctx, tasks) {
  const { status } = ctx.response;
  if (status < 400 || SWAPPED_REFUSALS.has(status)) return false;
  if (status >= 500 || !ctx.select) return true;
  return !tasks.some((task) => task.type === "main" && task.fragment.childElementCount);
}

function endPoll(element) {
  for (const name of ["hx-get", "hx-trigger"]) element.removeAttribute(name);
  htmx.process(element, true);
}

function refuse(ctx) {
  const { status } = ctx.response;
  if (status >= 500 && !REFUSALS[status]) return toast(`Something went wrong on the server. ${adviceFor(ctx)}`);
  if (isPoll(ctx)) endPoll(ctx.sourceElement);
  toast(REFUSALS[status] ?? "The server rejected the request. Reload the page and try again.");
}

// A poll that was sent before a form's response came shows the state before that form.
function isOutdated(ctx) {
  return isPoll(ctx) && writesBefore.get(ctx) !== shownWrites;
}

function beforeSwap(event) {
  const { ctx, tasks } = event.detail;
  if (isOutdated(ctx)) return event.preventDefault();
  const conflict = ctx.response.headers.get("X-Team-Conflict"); // the URL of the script that explains it
  if (conflict && byId("panel")) {
    event.preventDefault();
    return import(conflict).then((module) => module.default(ctx.text, isPoll(ctx)));
  }
  if (isKeptOut(ctx, tasks)) {
    event.preventDefault();
    return refuse(ctx);
  }
  if (hasOtherFrame(ctx)) {
    event.preventDefault();
    return location.assign(ctx.response.raw.url);
  }
  if (ctx.request.method !== "GET") shownWrites += 1;
  hadFocus = Boolean(ctx.target?.contains?.(document.activeElement));
  focusedChoice = document.activeElement?.closest("#facets-in .opt")?.id;
  openGroups.clear();
  for (const group of document.querySelectorAll("#main details[id]")) openGroups.set(group.id, group.open);
}

// The frame shows the team, and the sign-in page has no frame: changing these needs a full load.
function hasOtherFrame(ctx) {
  if (!ctx.select) return false;
  const team = /<body[^>]* data-team="(\d+)"/.exec(ctx.text)?.[1];
  if (team && ctx.request.method === "GET" && team !== document.body.dataset.team) return true;
  return ctx.response.status < 400 && ctx.text.includes('id="deck"') !== Boolean(byId("deck"));
}

// Morphing resets state that isn't in the markup, such as details opened by the user.
function keepDetailsOpen() {
  for (const group of document.querySelectorAll("#main details[id]")) {
    group.open = openGroups.get(group.id) ?? group.open;
  }
}

// Morphing doesn't reset checkboxes that the user changed.
function settleFilters() {
  for (const box of document.querySelectorAll("#facets-in input")) box.checked = box.defaultChecked;
  const words = byId("q");
  if (words && words !== document.activeElement) words.value = new URLSearchParams(location.search).get("q") ?? "";
  // A deselected option without results is disabled; the next Tab continues from its group.
  const choice = focusedChoice && byId(focusedChoice);
  if (choice?.querySelector(":disabled")) choice.closest("details.facet").querySelector("summary").focus();
}

function focusOn(element) {
  if (!element) return;
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

function markPlace() {
  const links = [...document.querySelectorAll(".rail nav a")];
  const fits = (link) => location.pathname.startsWith(link.pathname);
  const best = links.filter(fits).sort((one, other) => other.pathname.length - one.pathname.length)[0];
  for (const link of links) link.removeAttribute("aria-current");
  best?.setAttribute("aria-current", "page");
}

function tellCount(isAsked) {
  const words = byId("count")?.textContent.replace(/\s+/g, " ").trim() ?? "";
  if (words && (isAsked || words !== saidCount)) say(words);
  saidCount = words;
}

function showPage(ctx) {
  const isOtherPage = location.pathname !== shownPath;
  shownPath = location.pathname;
  if (!isOtherPage && byId("count")) {
    focusOn(byId("count"));
    return tellCount(true);
  }
  markPlace();
  focusOn(document.querySelector("#main h1") ?? byId("main"));
  say(ctx.title || document.title);
}

function showResults(ctx) {
  settleFilters();
  tellCount(!isPoll(ctx));
}

function afterSwap(event) {
  const { ctx } = event.detail;
  if (ctx.response?.status === 422) {
    const wrong = document.querySelector("#main [aria-invalid=true]");
    if (wrong) return wrong.focus();
  }
  if (ctx.target?.id === "main") return showPage(ctx);
  keepDetailsOpen();
  if (ctx.target?.id === "results") showResults(ctx);
  // The pressed button may be gone, and the next Tab would start at the top.
  if (hadFocus && document.activeElement === document.body) {
    focusOn(byId(ctx.target?.id === "results" ? "count" : ctx.target?.id));
  }
}

// A form with errors has no URL of its own, and the current URL needs no second history entry.
function beforeHistory(event) {
  const { history: entry, response } = event.detail;
  const isRefusedForm = response?.status >= 400 && event.detail.sourceElement?.matches?.("form:not([method=get])");
  if (isRefusedForm) return event.preventDefault();
  if (entry.type === "push" && entry.path === location.pathname + location.search) entry.type = "replace";
}

// Firefox uses htmx's popstate path, which loses the scroll position: keep it in history.state.
function keepScrollPlaces() {
  if (window.navigation && !/firefox/i.test(navigator.userAgent)) return;
  let wanted = null;
  const note = () => history.replaceState({ ...history.state, htmx: true, y: scrollY }, "");
  history.scrollRestoration = "manual";
  if (history.state?.y) scrollTo(0, history.state.y);
  document.addEventListener("scrollend", note);
  document.addEventListener("htmx:before:history:update", note);
  addEventListener("popstate", (event) => { wanted = event.state?.y ?? 0; });
  document.addEventListener("htmx:after:swap", (event) => {
    if (wanted === null || event.detail.ctx.target?.id !== "main") return;
    const y = wanted;
    wanted = null;
    requestAnimationFrame(() => scrollTo(0, y));
  });
}

/** Handle all htmx requests and swaps of the page. */
export function watchSwaps() {
  document.addEventListener("htmx:config:request", onRequest);
  document.addEventListener("htmx:error", onError);
  document.addEventListener("htmx:before:swap", beforeSwap);
  document.addEventListener("htmx:after:swap", afterSwap);
  document.addEventListener("htmx:before:history:update", beforeHistory);
  keepScrollPlaces();
}
