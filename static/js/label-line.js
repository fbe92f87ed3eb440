// The label of a case or pallet, to print: on which paper, kept for the next time, and the way to it.

import { icon, make, say } from "./say.js";

const KEPT = "label-paper";
const address = (epc, paper) => `/pack/label.pdf?epc=${encodeURIComponent(epc)}&paper=${encodeURIComponent(paper)}`;

export class LabelLine {
  #epc = "";

  constructor(root) {
    this.root = root;
    this.field = root.querySelector("select");
    this.link = root.querySelector("a");
    const kept = localStorage.getItem(KEPT);
    if ([...this.field.options].some((option) => option.value === kept)) this.field.value = kept;
    this.field.addEventListener("change", () => {
      localStorage.setItem(KEPT, this.paper);
      this.#point();
    });
  }

  get paper() {
    return this.field.value;
  }

  /** Offers the label of a container; only logistic units have one. */
  show(reading) {
    this.#epc = reading?.kind === "unit" ? reading.epc : "";
    this.root.hidden = !this.#epc;
    this.#point();
  }

  #point() {
    if (this.#epc) this.link.href = address(this.#epc, this.paper);
  }
}

const link = (href, words) => make("a", { class: "button", href, target: "_blank", rel: "noopener" }, icon("label"), words);

/** A link to the label of a container that has just been packed; nothing for what has no such label. */
export const labelLink = (epc, paper) => (epc.includes("/00/") ? link(address(epc, paper), say("print-label")) : "");

/** A link to the labels of the packs that a statement has just made. */
export const packLabelsLink = (statement) => link(`/acts/labels.pdf?statement=${statement}`, say("print-labels"));
