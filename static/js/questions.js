// What did you do? Every verdict that is not clear wants one answer. The next scan can be made, the question
// stays in sight until it is answered, over pages and restarts; the answer goes onto the audit trail, and
// waits on this device while the server is away.

import { put, readAll, remove } from "./database.js";
import { fact, icon, make, post, say } from "./say.js";

export class Questions {
  /** `choices`: answers by verdict; `onHold(question)` runs where goods are put aside that can be held with a signature. */
  constructor(root, choices, { onHold }) {
    Object.assign(this, { root, choices, onHold });
    this.open = []; // newest last
    this.current = null; // the one of the verdict on screen
    window.addEventListener("online", () => this.send());
    this.#load();
  }

  async #load() {
    this.open = (await readAll("questions")).filter((one) => one.login === fact("login") && !one.did);
    this.draw();
    this.send();
  }

  /** Asks about a verdict and returns what to put on screen; null where there is nothing to ask. */
  ask(verdict, what) {
    this.current = null;
    if (this.choices[verdict.code] && verdict.reason_code !== "just-now") this.current = this.#known(verdict, what) ?? this.#add(verdict, what);
    this.draw();
    return this.current && this.#form(this.current);
  }

  /** A code was read: that answers the newest scanner fault. */
  readAgain() {
    const fault = this.open.findLast((one) => one.kind === "scanner_fault");
    if (fault) this.answer(fault, "scanned_again");
  }

  #known(verdict, what) {
    return this.open.find((one) => one.what === what && one.kind === verdict.code && one.reason === verdict.reason_code);
  }

  #add(verdict, what) {
    const question = {
      id: crypto.randomUUID(), login: fact("login"), kind: verdict.code, reason: verdict.reason_code ?? "", what, at: new Date().toISOString(),
      title: verdict.title, sentence: verdict.reason, product: verdict.product, tone: verdict.tone, epc: verdict.epc, hold: Boolean(verdict.offer?.hold),
    };
    this.open.push(question);
    put("questions", question).catch(() => {}); // without room it is asked until the page is left
    return question;
  }

  async answer(question, did) {
    this.open = this.open.filter((one) => one.id !== question.id);
    if (this.current?.id === question.id) this.current = null;
    document.querySelector(`.question[data-id="${question.id}"]`)?.replaceWith(make("p", { class: "question answered state clear" }, icon("clear"), say(`did-${did}`)));
    this.draw();
    if (did === "put_aside" && question.hold) this.onHold(question);
    await put("questions", { ...question, did }).catch(() => {});
    await this.send();
  }

  /** Sends the answers that wait. */
  async send() {
    for (const { id, kind, reason, what, did, at } of (await readAll("questions")).filter((one) => one.login === fact("login") && one.did)) {
      try {
        await post("/pharmacy/answers", { id, kind, reason, what, did, at });
        await remove("questions", id);
      } catch (error) {
        if (error.status !== 400) return; // away, or logged out: the next time
        await remove("questions", id);
      }
    }
  }

  #form(question) {
    const offered = this.choices[question.kind].filter((did) => did !== "undone"); // signing it says so
    const buttons = offered.map((did) => {
      const button = make("button", { type: "button", "data-did": did }, say(`did-${did}`));
      button.addEventListener("click", () => this.answer(question, did));
      return button;
    });
    return make("div", { class: "question", role: "group", "aria-label": say("what-did-you-do"), "data-id": question.id },
      make("h3", {}, say("what-did-you-do")), make("div", { class: "row" }, ...buttons));
  }

  draw() {
    const older = this.open.filter((one) => one.id !== this.current?.id).reverse();
    this.root.hidden = older.length === 0;
    this.root.querySelector("ul").replaceChildren(...older.slice(0, 20).map((one) =>
      make("li", { class: "open-question" },
        make("div", { class: "grow stack-small" },
          make("p", {}, make("span", { class: `state ${one.tone === "blocked" ? "stop" : one.tone}` }, icon(one.tone === "blocked" ? "stop" : one.tone), one.title), " ", one.product || ""),
          make("p", { class: "small quiet" }, one.sentence),
          this.#form(one)))));
  }
}
