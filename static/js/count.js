// Count a shelf: expected against scanned, by product and lot; sign the count, then settle the differences.

import { totals, usable } from "./basket.js";
import { compose } from "./events.js";
import { readingLine } from "./lines.js";
import { get, make, note, say } from "./say.js";
import { Scanner } from "./scan.js";
import { me, Signing } from "./signing.js";
import { unmatchedReceipts } from "./unmatched.js";

const LARGEST = 1000; // items in one statement
const GONE = new Set(["lost", "stolen", "short"]);
const terms = document.getElementById("terms");

if (terms) {
  const differences = document.getElementById("differences");
  const told = document.getElementById("told");
  let expected = new Map(); // EPC -> reading: outermost items recorded at the place
  const scanned = new Map(); // EPC -> reading
  let step = "counted"; // counted | moved | received | lost | found
  let open = null; // the list that is unfolded

  const site = () => terms.elements.site.value;

  /** Where a scanned thing belongs: there, elsewhere, foreign or gone. */
  const kindOf = (reading) => {
    if (!reading.mine) return "foreign";
    if (GONE.has(reading.state)) return "gone";
    return reading.site && reading.site !== site() ? "elsewhere" : "there";
  };
  const seen = (kind) => [...scanned.values()].filter((reading) => kindOf(reading) === kind);
  const missing = () => {
    const here = new Set([...scanned.values()].flatMap((reading) => [reading.epc, ...(reading.within ?? [])]));
    return [...expected.values()].filter(({ epc }) => !here.has(epc));
  };

  const batches = (meaning, readings, more) => {
    const made = [];
    for (let first = 0; first < readings.length; first += LARGEST) {
      const items = readings.slice(first, first + LARGEST).map(({ epc }) => epc);
      made.push(compose(meaning, { items, site: site(), signer: me.name, evidence: "scanned", ...more }));
    }
    return made;
  };

  const DRAFTS = {
    counted: () => {
      const gone = missing();
      const reason = gone.length ? say("count-not-found", { what: totals(gone) }) : undefined;
      return batches("counted", seen("there"), { reason, disposition: gone.length ? "in_progress" : "completeness_verified" });
    },
    moved: () => batches("moved", seen("elsewhere"), {}),
    received: () => unmatchedReceipts(seen("foreign"), { site: site(), signer: me.name, evidence: "scanned" }),
    lost: () => batches("lost", missing(), { site: undefined, evidence: "claimed", reason: say("count-lost-reason") }),
    found: () => batches("found", seen("gone"), {}),
  };

  const drafts = () => {
    if (!site() || [...scanned.values()].some((reading) => reading.twins)) return null;
    const made = DRAFTS[step]();
    return made.length ? made : null;
  };

  /** What a signed step has changed, so that the next count knows it. */
  const settle = () => {
    if (step === "lost") for (const { epc } of missing()) expected.delete(epc);
    const kind = { moved: "elsewhere", received: "foreign", found: "gone" }[step];
    for (const reading of kind ? seen(kind) : []) scanned.set(reading.epc, { ...reading, known: true, mine: true, site: site(), state: "active", word: "" });
    choose("counted", { refresh: false });
  };

  const root = document.getElementById("signing");
  const signing = new Signing(root, { drafts, inside: () => new Map([...expected.values(), ...scanned.values()].map((one) => [one.epc, one.packs ?? 0])), onSigned: settle });

  function choose(next, { refresh = true } = {}) {
    step = next;
    signing.dangerous = step === "lost";
    signing.rename(say(`step-${step}`));
    draw();
    if (refresh) signing.refresh();
  }

  function draw(fresh = null) {
    const gone = missing();
    const there = seen("there");
    const parts = [
      section("missing", gone, "again", "lost"),
      section("elsewhere", seen("elsewhere"), "again", "moved"),
      section("foreign", seen("foreign"), "unknown", "received"),
      section("gone", seen("gone"), "again", "found"),
      section("there", there, "clear", "counted", fresh),
    ];
    differences.replaceChildren(...parts.filter(Boolean));
    const done = expected.size - gone.length;
    scanner.expect(done, expected.size);
    told.replaceChildren(...tell(gone, there));
  }

  function tell(gone, there) {
    if (!site()) return [note("unknown", say("count-choose"))];
    if (expected.size === 0 && there.length === 0) return [note("unknown", say("count-empty"))];
    return scanned.size && gone.length === 0 ? [note("clear", say("count-all"))] : [];
  }

  function section(kind, readings, tone, next, fresh = null) {
    if (readings.length === 0) return null;
    const folded = make("details", { open: open === kind }, make("summary", {}, totals(readings)), list(readings, tone, fresh));
    folded.addEventListener("toggle", () => {
      if (folded.open) open = kind;
      else if (open === kind) open = null;
    });
    const button = next === step ? null : make("button", { type: "button", "data-step": next }, say(`step-${next}`));
    button?.addEventListener("click", () => choose(next));
    return make("section", { class: `sheet ${tone}`, "data-kind": kind, "aria-label": say(`count-${kind}`) },
      make("div", { class: "row between" }, make("h2", {}, say(`count-${kind}`)), button),
      groups(readings, kind), folded);
  }

  /** By product and lot, how many packs; containers by what is in them. */
  function groups(readings, kind) {
    const sums = new Map();
    for (const one of readings) {
      const key = one.kind === "pack" ? [one.product || one.gtin, one.lot && `${say("lot")} ${one.lot}`].filter(Boolean).join(" · ")
        : one.inside || (one.known ? `${one.name} · ${say("empty-box")}` : one.name);
      sums.set(key, (sums.get(key) ?? 0) + 1);
    }
    const named = ([key, n]) => make("li", { class: "row between" }, make("span", {}, key), make("strong", {}, n.toLocaleString(document.documentElement.lang)));
    return make("ul", { class: "sums", role: "list", "data-sums": kind }, ...[...sums].slice(0, 50).map(named));
  }

  const list = (readings, tone, fresh) => make("ul", { class: "list", role: "list" }, ...readings.slice(0, 300).map((reading) =>
    readingLine({ ...reading, tone }, { fresh: reading.epc === fresh, onRemove: scanned.has(reading.epc) ? () => drop(reading.epc) : null })));

  function drop(epc) {
    scanned.delete(epc);
    draw();
    signing.refresh();
  }

  async function load() {
    expected = new Map();
    if (site()) {
      try {
        const query = new URLSearchParams({ site: site(), gtin: terms.elements.gtin.value });
        const { items } = await get(`/stock/count/expected?${query}`);
        expected = new Map(items.map((item) => [item.epc, item]));
      } catch (error) {
        told.replaceChildren(note("stop", error.message));
        return;
      }
    }
    draw();
    signing.refresh();
  }

  const scanner = new Scanner(document.getElementById("scanner"), (reading) => {
    if (!usable(reading)) return "trouble";
    if (scanned.has(reading.epc) && !reading.twins) return "duplicate";
    scanned.set(reading.epc, reading);
    draw(reading.epc);
    signing.refresh();
    return reading.twins ? "trouble" : "read";
  });
  terms.addEventListener("change", load);
  load();
}
