// Void a dispatch that never left, or refuse one that arrived: choose it, say why, sign.

import { usable } from "./basket.js";
import { compose } from "./events.js";
import { say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";

const root = document.getElementById("answering");
const terms = document.getElementById("terms");

if (root) {
  const { meaning } = root.dataset;
  const dispatches = JSON.parse(root.dataset.dispatches);
  const chosen = () => dispatches.find((one) => one.id === terms.elements.dispatch.value);

  const drafts = () => {
    const dispatch = chosen();
    const reason = terms.elements.reason.value.trim();
    if (!dispatch || !reason) return null;
    const items = dispatch.items.map((item) => item.epc);
    const back = { sender: me.party, senderSite: me.site, receiver: dispatch.from, receiverSite: dispatch.fromSite };
    const there = { sender: me.party, senderSite: me.site, receiver: dispatch.to, receiverSite: dispatch.toSite };
    return [compose(meaning, {
      items, site: me.site, signer: me.name, ref: [dispatch.id], reason, ends: meaning === "refused" ? back : there, evidence: "claimed",
    })];
  };
  const inside = () => new Map((chosen()?.items ?? []).map((item) => [item.epc, item.packs ?? 0]));
  const signing = new Signing(document.getElementById("signing"), { drafts, inside, dangerous: true });
  terms.addEventListener("input", () => signing.refresh());

  const scanner = new Scanner(document.getElementById("scanner"), (reading) => {
    if (!usable(reading)) return "trouble";
    const places = [reading.epc, ...(reading.within ?? [])];
    const found = dispatches.find((one) => one.items.some((item) => places.includes(item.epc)));
    if (!found) {
      queueMicrotask(() => scanner.tell("again", say("no-such-dispatch")));
      return "trouble";
    }
    const same = terms.elements.dispatch.value === found.id;
    terms.elements.dispatch.value = found.id;
    signing.refresh();
    return same ? "duplicate" : "read";
  });
}
