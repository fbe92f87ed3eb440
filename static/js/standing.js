// How the scanning stands: how many are read, of how many expected, what is seen and not read, and what
// waits for a server that is away.

import { bracketedText } from "./lines.js";
import { count, icon, make, say } from "./say.js";

const LONGEST_LIST = 100; // codes shown of those that wait

/** The count over the picture: {read, unread, hints, expected: {done, of} or null}. */
export function showTally(box, { read, unread, hints, expected }) {
  const notYet = hints.length ? say("tally-hint", { n: unread, hint: say(`hint-${commonest(hints)}`) }) : say("tally-unread", { n: unread });
  const parts = [
    expected && make("span", {}, say("expected-of", { n: expected.done, of: expected.of })),
    read > 0 && make("span", { class: "clear" }, icon("clear"), say("tally-read", { n: read })),
    unread > 0 && make("span", { class: "again" }, icon("again"), notYet),
  ];
  box.replaceChildren(...parts.filter(Boolean));
}

function commonest(words) {
  const often = (word) => words.filter((other) => other === word).length;
  return [...words].sort((one, other) => often(other) - often(one))[0];
}

/** That the server is away, and the codes [{text}] that are read and wait for it. */
export function showWaiting(box, { away, readsHere, codes }) {
  box.hidden = !away;
  box.querySelector("[data-away]").textContent = say(readsHere ? "away-reading" : "away-waiting");
  box.querySelector("[data-waiting]").textContent = codes.length ? count("waiting", codes.length) : "";
  box.querySelector("ul").replaceChildren(...codes.slice(-LONGEST_LIST).reverse().map(({ text }) => make("li", { class: "code" }, bracketedText(text))));
}
