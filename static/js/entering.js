// Every way in but the camera: typed, pasted, dropped or chosen, and the hand scanner, which needs no field.

import { listen } from "./wedge.js";

const lines = (text) => text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);

/**
 * Listens on the panel `root` and its page. `onCodes(texts, source)` resolves with whether all could be used;
 * source is typed or wedge. `onPhoto(file)` gets pictures one after the other.
 */
export function listenForCodes(root, { onCodes, onPhoto }) {
  const photos = async (files) => {
    for (const file of [...files]) await onPhoto(file);
  };
  listen((text) => onCodes([text], "wedge"));
  const form = root.querySelector("form");
  const field = form.elements.code;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const texts = lines(field.value);
    if (texts.length === 0) return;
    if (await onCodes(texts, "typed")) field.value = "";
    field.focus();
  });
  field.disabled = false; // until here, nobody would have heard what was typed
  root.querySelector('input[type="file"]').addEventListener("change", async ({ target }) => {
    await photos(target.files);
    target.value = "";
  });
  root.addEventListener("dragover", (event) => {
    event.preventDefault();
    root.classList.add("dropping");
  });
  root.addEventListener("dragleave", () => root.classList.remove("dropping"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("dropping");
    photos(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    const pictures = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (pictures.length) {
      event.preventDefault();
      photos(pictures);
    } else if (!/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) {
      const texts = lines(event.clipboardData.getData("text"));
      if (texts.length) onCodes(texts, "typed");
    }
  });
}
