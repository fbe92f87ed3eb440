// A list that is tried on the server, line by line, before anything of it is signed.

import { count, make, note, post, say } from "./say.js";

const SHOWN = 200; // problems listed; the rest are counted

/**
 * Sets up the list form and its results. `address` answers {entries, problems}; `amount(entries)` says how much
 * the good lines are; `onChange()` runs when what may be signed has changed.
 */
export class Trial {
  constructor({ address, amount, onChange }) {
    Object.assign(this, { address, amount, onChange });
    this.form = document.getElementById("list");
    this.box = document.getElementById("trial");
    this.summary = this.box.querySelector("[data-summary]");
    this.table = this.box.querySelector("[data-problems]");
    this.choice = this.box.querySelector(".tick");
    this.good = this.box.querySelector("[data-good]");
    this.found = null;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.form.elements.text.value.trim()) this.try(new Blob([this.form.elements.text.value]));
    });
    this.form.elements.csv.addEventListener("change", async ({ target }) => {
      const [file] = target.files;
      if (file) await this.try(file);
      target.value = "";
    });
    this.good.addEventListener("change", () => this.onChange());
  }

  /** The lines that may be signed: all of a clean list, or the good ones of another where the person said so. */
  get entries() {
    if (!this.found || (this.found.problems.length && !this.good.checked)) return [];
    return this.found.entries;
  }

  clear() {
    this.found = null;
    this.box.hidden = true;
    this.form.reset();
  }

  async try(list) {
    this.box.hidden = false;
    this.found = null;
    this.good.checked = false;
    this.#draw([], []);
    this.summary.replaceChildren(note("unknown", say("checking-list")));
    this.onChange();
    try {
      // A Blob with a type of its own: the server reads bytes, whatever a browser calls them.
      this.found = await post(this.address, new Blob([list], { type: "text/csv" }));
    } catch (error) {
      this.summary.replaceChildren(note("stop", error.message));
      return;
    }
    this.#draw(this.found.entries, this.found.problems);
    if (this.found.unchanged) this.summary.append(note("unknown", say("list-unchanged", { n: this.found.unchanged })));
    this.onChange();
  }

  #draw(entries, problems) {
    const wrong = new Set(problems.map(({ line }) => line)).size;
    const what = this.amount(entries);
    this.summary.replaceChildren(wrong ? note("again", say("list-problems", { n: wrong }))
      : note(entries.length ? "clear" : "again", entries.length ? say("list-clean", { what }) : say("list-empty")));
    this.table.hidden = problems.length === 0;
    this.table.querySelector("tbody").replaceChildren(...problems.slice(0, SHOWN).map(problemRow));
    if (problems.length > SHOWN) {
      this.table.querySelector("tbody").append(make("tr", {}, make("td", { colspan: 3 }, say("more-problems", { n: problems.length - SHOWN }))));
    }
    this.choice.hidden = wrong === 0 || entries.length === 0;
    this.choice.querySelector("span").textContent = say("good-lines", { what });
  }
}

// On a phone each cell says its heading itself.
function problemRow({ line, column, text }) {
  const [first, second] = [...document.querySelectorAll("[data-problems] th")].map((title) => title.textContent);
  return make("tr", {},
    make("td", { class: "number", "data-label": first }, String(line)),
    make("td", { class: "code", "data-label": column ? second : null }, column),
    make("td", {}, text));
}

/** "12 lines". */
export const lines = (entries) => count("line", entries.length);
