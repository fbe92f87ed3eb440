// Sentences, small DOM makers and requests, shared by every page. The sentences come translated from the
// page: <div id="say" data-some-key="A pattern with %(name)s">.

const page = document.getElementById("say");

/** A sentence of this page with its values filled in. */
export function say(key, values = {}) {
  const pattern = page?.getAttribute(`data-${key}`) ?? key;
  return pattern.replace(/%\((\w+)\)s/g, (_, name) => String(values[name] ?? ""));
}

/** Whether a sentence has a place for a value. */
export const says = (key, name) => page?.getAttribute(`data-${key}`)?.includes(`%(${name})s`) ?? false;

/** A counted thing: key-one for 1, key-many otherwise. */
export function count(key, n) {
  return say(`${key}-${n === 1 ? "one" : "many"}`, { n: n.toLocaleString(document.documentElement.lang) });
}

/** A value that the page was given: <div id="say" data-…> doubles as the page's facts. */
export function fact(key) {
  return page?.getAttribute(`data-${key}`) ?? "";
}

/** An element with attributes and children; text is always text, never markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

/** One of the page's icons. */
export function icon(name, extra = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Icon, word and colour of a state. */
export function state(tone, word) {
  return make("span", { class: `state ${tone}` }, icon(tone), word);
}

/** A boxed sentence that matters. */
export function note(tone, ...content) {
  return make("div", { class: `note ${tone}`, role: tone === "stop" ? "alert" : "status" },
    icon(["clear", "again", "unknown", "stop"].includes(tone) ? tone : "info"), make("div", {}, ...content));
}

/** What the server refused, with its sentence. `status` 0: the server could not be reached. */
export class Refused extends Error {
  constructor(status, details) {
    super(details.detail || say("no-answer"));
    this.status = status;
    this.details = details;
  }
}

async function answerOf(response) {
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  const answer = isJson ? await response.json() : {};
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

async function ask(path, options, again = true) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options() });
  } catch {
    throw new Refused(0, { detail: say("no-connection") });
  }
  try {
    return await answerOf(response);
  } catch (error) {
    if (again && (await mended(error, path))) return ask(path, options, false);
    throw error;
  }
}

// A session that is over or locked, a stale form token, a proof that is wanted: the person proves who they
// are in a dialog, and the very same request goes on. Nothing on the page is lost.
async function mended(error, path) {
  if (!document.body.dataset.login || !(error instanceof Refused)) return false;
  if (error.status === 401) return identified("ended");
  if (error.details.title === "ProofNeeded") return identified(path === "/api/statements" ? "prove" : "secure");
  if (error.details.title !== "CSRFError") return false;
  const known = await get("/session");
  if (!known.open) return identified("ended");
  renew(known.token);
  return true;
}

async function identified(purpose) {
  const { identify } = await import("./lock.js");
  return identify(purpose);
}

const token = () => document.querySelector('meta[name="csrf-token"]');

/** Uses another form token from now on, in requests and in the forms of this page. */
export function renew(fresh) {
  token().content = fresh;
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = fresh;
}

// Whose page this is: the server refuses it when the session is another's by now.
function who() {
  const { login } = document.body.dataset;
  return login ? { "X-Login": encodeURIComponent(login) } : {};
}

/** GET JSON. Throws Refused with the server's sentence. */
export function get(path) {
  return ask(path, () => ({ headers: { Accept: "application/json", ...who() } }));
}

/**
 * POST JSON, or a string that is JSON already, or a Blob. Throws Refused with the server's sentence.
 * `signal` may give it up.
 */
export function post(path, content, signal = undefined) {
  const type = content instanceof Blob ? {} : { "Content-Type": "application/json" };
  const body = content instanceof Blob || typeof content === "string" ? content : JSON.stringify(content);
  return ask(path, () => ({
    method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token().content, ...who(), ...type }, body, signal,
  }));
}

/** Waits for calls to stop before it makes the last one. */
export function settle(milliseconds, call) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), milliseconds);
  };
}
