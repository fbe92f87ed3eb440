// The verdict as it fills the counter's screen: icon, word, colour, and a sound of its own.

import { icon, make, say } from "./say.js";
import { signal } from "./signal.js";

const SOUNDS = { clear: "clear", stop: "trouble", blocked: "trouble", again: "look", unknown: "look" };
const HOUR = 3600_000;

/** Shows a verdict, and what may be done next: `buttons` are elements, `question` asks what was done. */
export function showVerdict(verdict, { buttons = [], question = null } = {}) {
  const row = buttons.length ? make("div", { class: "row" }, ...buttons) : null;
  const { undo } = verdict.offer ?? {};
  const box = make("section", { class: `verdict ${verdict.tone}${verdict.offline ? " offline" : ""}`, id: "verdict", "aria-live": "assertive", "data-verdict": verdict.code },
    icon(verdict.tone === "blocked" ? "stop" : verdict.tone),
    make("h2", {}, verdict.title),
    make("p", {}, verdict.reason),
    verdict.offline ? make("p", { class: "as-of" }, icon("offline"), say("offline-as-of")) : null,
    make("div", { class: "about" },
      verdict.product || verdict.gtin ? make("strong", {}, verdict.product || say("unknown-product")) : null,
      make("p", {}, verdict.about),
      fill(verdict.offer) && make("p", { class: "strong", "data-left": "" }, fill(verdict.offer)),
      undo?.refused ? make("p", { "data-undo-refused": "" }, undo.refused) : null,
      verdict.page ? make("p", {}, make("a", { href: verdict.page }, verdict.story || say("story"))) : null),
    row, question);
  document.getElementById("verdict").replaceWith(box);
  document.getElementById("counter").parentElement.classList.add("answered");
}

/** Sounds a verdict, so that nobody needs to look up for a good one. */
export function soundVerdict({ tone }) {
  signal(SOUNDS[tone] ?? "look");
}

/** "12 of 20 left"; empty for a whole pack. */
export function fill({ left, units } = {}) {
  if (left === undefined || left === null) return "";
  return units ? say("left-of", { left, units }) : say("left", { left });
}

/** How long a dispensing may still be undone: "237 h 12 min". */
export function timeLeft(until) {
  const rest = Math.max(0, Date.parse(until) - Date.now());
  return say("hours-minutes", { hours: Math.floor(rest / HOUR), minutes: Math.floor((rest % HOUR) / 60_000) });
}
