// What does not verify is named: by the part of the evidence in which it failed, and by a sentence of the page.

/** `key` names a sentence of the page (data-ev-…), `values` fill it, `part` is where in the evidence it was. */
export class Refused extends Error {
  constructor(key, values = {}, part = "") {
    super(`${part ? `${part}: ` : ""}${key} ${JSON.stringify(values)}`);
    Object.assign(this, { key, values, part });
  }
}

/** Refuses where something does not hold. */
export function demand(holds, key, values) {
  if (!holds) throw new Refused(key, values);
}

/** One step, its failure named by the part in which it failed; what a twin refuses counts as malformed. */
export async function within(part, step) {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Refused) throw new Refused(error.key, error.values, error.part ? `${part}: ${error.part}` : part);
    if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError || error instanceof URIError || error.constructor.name === "ProofError" || error instanceof DOMException) {
      throw new Refused("malformed", { why: error.message }, part);
    }
    throw error;
  }
}
