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

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused(0, { detail: say("no-connection") });
  }
  return answerOf(response);
}

function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

/** GET JSON. Throws Refused with the server's sentence. */
export function get(path) {
  return ask(path, { headers: { Accept: "application/json" } });
}

/**
 * POST JSON, or a string that is JSON already, or a Blob. Throws Refused with the server's sentence.
 * `signal` may give it up.
 */
export function post(path, content, signal = undefined) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  let body = content;
  if (!(content instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = typeof content === "string" ? content : JSON.stringify(content);
  }
  return askWithToken(path, { method: "POST", headers, body, signal });
}

// A page that was open for long, or kept for working offline, carries a token that has run out: the session
// gives a new one, once.
async function askWithToken(path, options) {
  try {
    return await ask(path, options);
  } catch (error) {
    if (error.details?.title !== "CSRFError") throw error;
    const { token: fresh } = await get("/sync/token");
    document.querySelector('meta[name="csrf-token"]').content = fresh;
    return ask(path, { ...options, headers: { ...options.headers, "X-CSRFToken": fresh } });
  }
}

/** Waits for calls to stop before it makes the last one. */
export function settle(milliseconds, call) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), milliseconds);
  };
}
