// A statement that is wrong: its event once more with an error declaration, signed; the asking side hears of it.

import { correction } from "./events.js";
import { me, Signing } from "./signing.js";
import { post } from "./say.js";

const root = document.getElementById("correct");

if (root) {
  const { event, statement, countersigned, done } = root.dataset;
  const original = JSON.parse(event);
  const others = countersigned.split(" ").filter(Boolean);
  const chosen = () => root.querySelector("[name=reason]:checked").value;

  const signing = new Signing(document.getElementById("signing"), {
    dangerous: true,
    drafts: () => [correction(original, statement, { reason: chosen(), signer: me.name, countersigned: others })],
    onSigned: async (outcomes) => {
      root.inert = true;
      if (outcomes.every((one) => one.effect)) await post(done, {}).catch(() => {});
    },
  });
  root.addEventListener("change", () => signing.refresh());
}
