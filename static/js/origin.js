// Who sent us this? A return usually goes back there, so that receiver is chosen until a person says otherwise.

import { get } from "./say.js";

export class Origin {
  #asked = "";
  #settled = false;

  /** `field` is the choice of receivers of a return, or nothing. */
  constructor(field) {
    this.field = field?.form.elements.rma ? field : null;
  }

  /** The person has chosen. */
  settled() {
    this.#settled = true;
  }

  /** Chooses the sender of an item, once the server has named it. */
  async of(epc) {
    if (!this.field || !epc || this.#settled || this.#asked === epc) return;
    this.#asked = epc;
    const { gln } = await get(`/acts/origin.json?epc=${encodeURIComponent(epc)}`).catch(() => ({ gln: "" }));
    const known = [...this.field.options].some((option) => option.value === gln);
    if (!gln || !known || this.#settled) return;
    this.field.value = gln;
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
