// Goods that cannot be scanned, because they are gone or lie elsewhere, chosen from what is one's own.

import { readingLine } from "./lines.js";
import { get, make, note, say } from "./say.js";

/** Brings the panel `root` to life, where the page has one; `onChoose(reading)` gets what is added. */
export function chooseFromStock(root, onChoose) {
  if (!root) return;
  const field = root.querySelector("input");
  const list = root.querySelector("[data-found]");

  const line = (item) => {
    const shown = readingLine({ ...item, tone: "unknown" });
    const button = make("button", { type: "button", "aria-label": `${say("add")} ${item.hri}` }, say("add"));
    button.addEventListener("click", () => {
      onChoose(item);
      button.disabled = true;
    });
    shown.append(button);
    return shown;
  };

  const look = async () => {
    try {
      const { items, more } = await get(`/acts/held.json?find=${encodeURIComponent(field.value.trim())}`);
      const rest = items.length === 0 ? say("nothing-found") : more ? say("more-found") : "";
      list.replaceChildren(...items.map(line), ...(rest ? [make("li", { class: "quiet" }, rest)] : []));
    } catch (error) {
      list.replaceChildren(make("li", {}, note("again", error.message)));
    }
  };

  root.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  root.addEventListener("toggle", () => root.open && !list.childElementCount && look());
  if (root.open) look();
}
