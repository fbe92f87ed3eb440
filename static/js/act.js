// A short form: scan the goods, say why and what else is asked, sign.

import { eventsOf, lacking } from "./acting.js";
import { Basket, totals, usable } from "./basket.js";
import { packLabelsLink } from "./label-line.js";
import { readingLine } from "./lines.js";
import { Origin } from "./origin.js";
import { get, make, note, say } from "./say.js";
import { Scanner } from "./scan.js";
import { listed, newSerials, SERIAL } from "./serials.js";
import { me, Signing } from "./signing.js";
import { chooseFromStock } from "./stock-choice.js";

const root = document.getElementById("act");
if (root) start(JSON.parse(root.dataset.form), JSON.parse(root.dataset.waiting), document.getElementById("terms"));

function start(spec, waiting, terms) {
  const has = (field) => spec.fields.includes(field);
  const value = (name) => terms.elements[name]?.value.trim() ?? "";
  const basket = new Basket(document.getElementById("basket"), { onChange: changed });
  const origin = new Origin(terms.elements.receiver);
  let serials = [];

  // What the form says

  const answered = () => waiting.find((one) => one.id === terms.querySelector("[name=answers]:checked")?.value) ?? null;

  function reason() {
    const why = value("why");
    if (why === "-" || why === "") return value("words") || undefined;
    return [why, value("words")].filter(Boolean).join(": ");
  }

  function output() {
    if (!has("output")) return null;
    const own = listed(value("serials"));
    if (!own.length) serials = newSerials(Math.min(1000, Math.max(0, Number(value("count")) || 0)), serials);
    return { gtin: value("gtin"), lot: value("lot"), expiry: value("expiry"), serials: own.length ? own : serials };
  }

  function said() {
    const unseen = spec.unseen || [...basket.items.values()].some((reading) => reading.chosen);
    return {
      items: basket.epcs, evidence: unseen ? "claimed" : "scanned", answered: answered(), reason: reason(), output: output(),
      receiver: value("receiver"), receiverSite: terms.elements.receiver?.selectedOptions[0]?.dataset.site,
      owner: value("owner"), place: value("site"), outcome: terms.querySelector("[name=outcome]:checked")?.value ?? "",
      papers: ["po", "rma", "cert"].map((kind) => [kind, value(kind)]).filter(([, number]) => number),
    };
  }

  function serialTrouble({ serials: all }) {
    const wrong = all.filter((serial) => !SERIAL.test(serial));
    const twice = all.length - new Set(all).size;
    return [
      wrong.length && note("stop", say("bad-serials", { n: wrong.length, first: wrong[0] })),
      twice && note("stop", say("twice", { n: twice })),
      Math.max(all.length, basket.items.size) > 1000 && note("stop", say("too-many-at-once")),
    ].filter(Boolean);
  }

  function drafts() {
    const told = said();
    const lacks = lacking(spec, told);
    tellLacking(basket.items.size || told.answered ? lacks : []);
    const troubles = told.output ? serialTrouble(told.output) : [];
    document.getElementById("output-trouble")?.replaceChildren(...troubles);
    if (lacks.length || troubles.length || basket.hasTwins) return null;
    signing.dangerous = spec.dangerous && !(has("agreement") && !told.answered);
    return eventsOf(spec, told, me);
  }

  function tellLacking(keys) {
    const sentence = keys.map((key) => say(key)).join(" ");
    lacks.hidden = !sentence;
    lacks.textContent = sentence;
  }

  // What changes on the page

  function changed() {
    fitOutput();
    fitAnswered();
    origin.of(basket.epcs[0]);
    signing.refresh();
  }

  /** New packs expire no later than the first of those that go in, and are as many until somebody says so. */
  function fitOutput() {
    if (!has("output")) return;
    const { expiry, count } = terms.elements;
    const first = [...basket.items.values()].map((reading) => reading.expiry).filter(Boolean).sort()[0];
    if (first && !expiry.dataset.said) expiry.value = first;
    if (!count.dataset.said) count.value = basket.items.size || "";
  }

  function fitAnswered() {
    const one = answered();
    scanner.expect(basket.epcs.filter((epc) => one?.items.some((item) => item.epc === epc)).length, one?.items.length ?? 0);
    const offered = document.querySelector("[aria-labelledby=offered-title]");
    if (!offered) return;
    offered.hidden = !one;
    offered.querySelector("[data-lines]").replaceChildren(...(one?.items ?? []).map((item) =>
      readingLine({ ...item, tone: basket.items.has(item.epc) ? "clear" : "unknown" })));
    offered.querySelector("[data-total]").textContent = totals(one?.items ?? []);
  }

  function renameButton() {
    const outcome = terms.querySelector("[name=outcome]:checked")?.value;
    if (outcome) signing.rename(spec.outcomes[outcome].sign);
    if (has("agreement")) signing.rename(answered() ? signing.first : say("sign-and-set-aside"));
  }

  /** What waits for an answer and names the scanned item; choosing it is what the scan is for. */
  function find(reading) {
    const places = [reading.epc, ...(reading.within ?? [])];
    const one = waiting.find(({ items }) => items.some((item) => places.includes(item.epc)));
    const radio = one && terms.querySelector(`[name=answers][value="${one.id}"]:not([disabled])`);
    return radio ? { one, radio } : null;
  }

  /** Goods set out so long ago that the page does not list them: their line is added, and chosen. */
  async function lookFor(epc) {
    const one = await get(`/acts/set-out.json?epc=${encodeURIComponent(epc)}`).catch(() => null);
    if (!one || waiting.some(({ id }) => id === one.id)) return;
    waiting.push(one);
    const open = spec.decides && !one.own;
    const radio = make("input", { type: "radio", name: "answers", value: one.id, checked: open, disabled: !open });
    const about = [one.amount, one.when, one.reason].filter(Boolean).join(" · ");
    terms.querySelector(".waiting .list").append(make("li", {}, make("label", { class: "tick grow" }, radio,
      make("span", { class: "grow" }, make("span", { class: "strong" }, one.by), make("br"), make("span", { class: "small quiet" }, about)))));
    renameButton();
    changed();
  }

  function onReading(reading) {
    if (!usable(reading)) return "trouble";
    const found = find(reading);
    // A first signature that has begun goes on; so does the answer that was chosen.
    const free = basket.items.size === 0 || (!answered() && !has("agreement"));
    if (found && !found.radio.checked && free) {
      found.radio.checked = true;
      renameButton();
    }
    if (has("agreement") && !found && free) lookFor(reading.epc);
    const one = answered();
    if (one && !has("dispatch") && !one.items.some((item) => item.epc === reading.epc)) {
      queueMicrotask(() => scanner.tell("again", say("not-in-list")));
      return "trouble";
    }
    return basket.add(reading);
  }

  /** What has been answered is not answered again. */
  function settle() {
    const radio = terms.querySelector("[name=answers]:checked");
    if (!radio?.value) return;
    Object.assign(radio, { checked: false, disabled: true });
    const first = terms.querySelector('[name=answers][value=""]');
    if (first) first.checked = true;
    renameButton();
  }

  // The panel

  const panel = document.getElementById("signing");
  const lacks = make("p", { class: "quiet", role: "status", hidden: true });
  panel.before(lacks);
  const signing = new Signing(panel, {
    drafts, dangerous: spec.dangerous,
    inside: () => new Map([...basket.inside, ...(answered()?.items ?? []).map((item) => [item.epc, item.packs ?? 0])]),
    onSigned: (outcomes) => {
      if (has("output")) panel.parentElement.querySelector(".receipt .row")?.append(packLabelsLink(outcomes[0].id));
      serials = [];
      settle();
      basket.clear();
      scanner.recount();
    },
  });
  signing.first = signing.label;
  panel.addEventListener("checked", ({ detail }) => detail.forEach(({ item, text }) => item && basket.blame(item, text)));
  terms.addEventListener("input", ({ target }) => {
    if (target.name === "expiry" || target.name === "count") target.dataset.said = "yes";
    if (target.name === "receiver") origin.settled();
    if (target.name === "answers") basket.clear();
    renameButton();
    changed();
  });
  const scanner = new Scanner(document.getElementById("scanner"), onReading);
  chooseFromStock(document.getElementById("stock"), (reading) => basket.add({ ...reading, chosen: true, tone: "clear" }));
  renameButton();
  fitAnswered();
}
