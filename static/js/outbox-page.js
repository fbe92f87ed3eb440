// What was signed on this device and is not in the log yet, and what the log refused, with what to do.

import { identify } from "./lock.js";
import * as outbox from "./outbox.js";
import { icon, make, note, say } from "./say.js";
import { me, readyKey, Signing } from "./signing.js";
import { moment } from "./words.js";
import { stamp } from "./events.js";

const said = document.getElementById("outbox-said");
const lists = { waiting: document.getElementById("waiting-list"), trouble: document.getElementById("trouble-list") };
const resign = document.getElementById("resign");
let again = null; // what is to be signed anew

const mine = (one) => one.log === me.log && one.party === me.party;

/** What to do about a refusal, by the rule that refused: "dispense.recalled". */
function advice({ refused, stuck }) {
  if (stuck) return say("advice-stuck");
  const why = refused.rule?.split(".").at(-1) ?? "";
  const known = { blocked: "gone", dispensed: "gone", gone: "gone", "not-held": "gone", "on-the-road": "gone", recalled: "recalled", expired: "expired", order: "clock", future: "clock", "too-late": "undo", site: "undo" }[why];
  return say(`advice-${known ?? "other"}`);
}

function line(one, ...more) {
  return make("li", { class: "outbox-line", "data-id": one.id },
    icon(outbox.isTrouble(one) ? "stop" : "waiting"),
    make("div", { class: "grow stack-small" },
      make("p", { class: "strong" }, one.told ?? one.id),
      make("p", { class: "small quiet" }, say("outbox-number", { n: one.seq + 1, when: moment(stamp(new Date(one.at))) })),
      ...more));
}

function troubleLine(one) {
  const { sentence } = one.refused ?? one.stuck;
  const settle = make("button", { type: "button" }, icon("clear"), say("advice-done"));
  settle.addEventListener("click", () => outbox.settle(one));
  const buttons = make("div", { class: "row" }, settle);
  if (one.stuck) {
    const sign = make("button", { type: "button", class: "primary", "data-again": "" }, say("sign-again"));
    sign.addEventListener("click", () => signAgain(one));
    buttons.prepend(sign);
  }
  return line(one, note("stop", sentence), make("p", {}, advice(one)), buttons);
}

// The act stays as it was, at its own time; only the signature is another key's.
function signAgain(one) {
  const { core, terms, items } = JSON.parse(one.submission).body;
  again = { one, draft: { core, terms, items } };
  resign.hidden = false;
  signing.refresh();
  resign.scrollIntoView({ block: "nearest" });
}

const signing = new Signing(document.getElementById("signing"), {
  drafts: () => (again ? [again.draft] : null),
  onSigned: async () => {
    await outbox.settle(again.one);
    again = null;
  },
});

async function draw() {
  const kept = (await outbox.all()).filter(mine);
  const waiting = kept.filter(outbox.isWaiting);
  const trouble = kept.filter(outbox.isTrouble);
  lists.waiting.replaceChildren(...waiting.map((one) => line(one)));
  lists.trouble.replaceChildren(...trouble.map(troubleLine));
  document.getElementById("waiting-empty").hidden = waiting.length > 0;
  document.getElementById("send-now").hidden = waiting.length === 0;
  document.getElementById("trouble").hidden = trouble.length === 0;
}

document.getElementById("send-now").addEventListener("click", async ({ currentTarget: button }) => {
  button.disabled = true;
  const before = (await outbox.counts()).waiting;
  let failure = await outbox.deliverAll();
  if (failure?.details.title === "ProofNeeded" && (await identify("prove"))) failure = await outbox.deliverAll();
  const { waiting } = await outbox.counts();
  const why = failure?.message ? `${failure.message} ` : "";
  said.replaceChildren(waiting ? note("again", why, say("still-away", { n: waiting })) : note("clear", say("resent", { n: before })));
  button.disabled = false;
});
outbox.onChange(draw);
draw();
readyKey().catch(() => {});
