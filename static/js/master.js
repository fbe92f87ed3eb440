// Master data: one entry typed, or a table that was tried first; each entry is a registry statement.

import { fact, post, say, settle } from "./say.js";
import { Signing } from "./signing.js";
import { lines, Trial } from "./trial.js";

const root = document.getElementById("master");
const { kind, members, party } = root.dataset;
const form = document.getElementById("one");
const address = `/master/${kind}/check`;
let typed = null; // the one entry, once it is right

/** The act of an entry: members in the order of the registry's table, absent ones left out. */
function actOf(values) {
  const said = [["type", kind], ...members.split(" ").filter((name) => name in values).map((name) => [name, values[name]])];
  return JSON.stringify(Object.fromEntries(said));
}

const trial = new Trial({ address, amount: lines, onChange: () => signing?.refresh() });

function drafts() {
  const entries = typed ? [typed] : trial.entries;
  // A table is for one's own party, whatever its lines say.
  const own = entries.filter(({ values }) => (values.owner ?? values.party ?? party) === fact("party"));
  return own.length ? own.map(({ values }) => ({ act: actOf(values) })) : null;
}

const signing = root.hasAttribute("data-signs")
  ? new Signing(document.getElementById("signing"), { drafts, onSigned: () => {
    form.reset();
    typed = null;
    trial.clear();
  } })
  : null;

const check = settle(300, async () => {
  const cells = Object.fromEntries(new FormData(form));
  const filled = Object.values(cells).some((cell) => cell.trim());
  const complete = [...form.querySelectorAll("input")].every((field) => field.value.trim() || field.labels[0].querySelector(".quiet"));
  let problems = [];
  typed = null;
  try {
    if (filled) {
      const found = await post(address, cells);
      problems = complete ? found.problems : found.problems.filter(({ column }) => cells[column]?.trim());
      [typed = null] = found.entries;
      if (found.unchanged) problems = [{ column: "", text: say("registered-so") }];
    }
  } catch (error) {
    problems = [{ column: "", text: error.message }];
  }
  for (const place of form.querySelectorAll("[data-why]")) {
    place.textContent = problems.find(({ column }) => column === place.dataset.why)?.text ?? "";
  }
  signing.refresh();
});

if (form) {
  form.addEventListener("input", () => {
    typed = null;
    check();
  });
  for (const button of root.querySelectorAll("[data-fill]")) {
    button.addEventListener("click", () => {
      for (const [name, value] of Object.entries(JSON.parse(button.dataset.fill))) form.elements[name].value = value;
      form.elements.name.focus();
      check();
    });
  }
}
