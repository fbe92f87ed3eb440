// A page that checks evidence: a bundle or receipt is dropped or chosen, and never leaves this device.

import { count, icon, make, note, say } from "./say.js";

const form = document.getElementById("evidence");
const answer = document.getElementById("answer");
const drop = document.getElementById("drop");
let worker = null;
const ERASED_SHOWN = 20;

async function trustText() {
  const chosen = form.elements.trust.files[0];
  if (chosen) return { text: await chosen.text(), own: true };
  const response = await fetch(form.dataset.trust);
  return { text: await response.text(), own: false };
}

async function check(file) {
  worker?.terminate();
  worker = new Worker(form.dataset.worker, { type: "module" });
  answer.replaceChildren(make("p", { class: "quiet" }, say("ev-checking", { file: file.name })));
  let trust;
  try {
    trust = await trustText();
  } catch {
    answer.replaceChildren(note("again", say("ev-no-trust")));
    return;
  }
  worker.addEventListener("message", ({ data }) => hear(data, file, trust.own));
  worker.addEventListener("error", (event) => answer.replaceChildren(note("stop", say("ev-malformed", { why: event.message }))));
  worker.postMessage({ file, trust: trust.text });
}

function progressOf({ read, done, hashed, rows, of }) {
  if (read !== undefined) return say("ev-reading", { percent: Math.floor((100 * read) / of) });
  if (hashed !== undefined) return say("ev-rows-hashed", { n: hashed.toLocaleString() });
  if (rows !== undefined) return say("ev-rows-progress", { n: rows.toLocaleString(), of: of.toLocaleString() });
  return say("ev-progress", { n: done.toLocaleString(), of: of.toLocaleString() });
}

function hear({ progress, proven, refused }, file, own) {
  if (progress) answer.replaceChildren(make("p", { class: "quiet" }, progressOf(progress)));
  else if (refused) showRefused(refused, file);
  else showProven(proven, file, own);
}

function verdict(tone, title, ...content) {
  const box = make("section", { class: `verdict ${tone}`, tabindex: "-1" }, icon(tone === "clear" ? "clear" : "stop"), make("h2", {}, title), ...content);
  answer.replaceChildren(box);
  box.focus();
}

function showRefused({ key, values, part }, file) {
  verdict("stop", say("ev-not-verified"),
    make("p", {}, say(`ev-${key}`, values)),
    make("p", { class: "about" }, part ? say("ev-where", { part }) : file.name));
}

/** What a snapshot adds, and what it still leaves open. */
function wholeLines({ lot, size, packs, proven, countersigned, closed, same }) {
  const counted = (n) => n.toLocaleString();
  let closing = say("ev-lot-open");
  if (closed !== null) closing = say({ true: "ev-lot-same", false: "ev-lot-other", null: "ev-lot-untold" }[same], { n: counted(closed) });
  return [
    say("ev-whole", { entry: counted(size - 1), packs: counted(packs), lot }),
    say("ev-whole-proven", { n: counted(proven) }),
    ...(proven < packs ? [say("ev-whole-hidden", { n: counted(packs - proven) })] : []),
    countersigned.length ? say("ev-countersigned", { parties: countersigned.join(", ") }) : say("ev-not-countersigned"),
    closing,
  ];
}

function showProven(found, file, own) {
  const { statements, parties, origin, size, registry, newest, whole, part, refused, erased, documents, complete } = found;
  const lines = [
    say("ev-statements", { statements: statements.toLocaleString(), parties }),
    say("ev-log", { origin, size: size.toLocaleString(), newest }),
    say("ev-registry", { n: registry }),
    say("ev-bodies", { whole, part, none: statements - whole - part - erased.length }),
    ...erased.slice(0, ERASED_SHOWN).map(({ index, party, admitted, size: covered }) =>
      say("ev-erased", { entry: index.toLocaleString(), day: admitted.slice(0, 10), party, size: covered.toLocaleString() })),
    ...(erased.length > ERASED_SHOWN ? [say("ev-erased-more", { n: erased.length - ERASED_SHOWN })] : []),
    ...(refused ? [say("ev-no-effect", { n: refused })] : []),
    ...(documents ? [say("ev-documents", documents)] : []),
    say("ev-proves"),
    ...(complete ? wholeLines(complete) : []),
    say(complete ? "ev-not-after" : "ev-not-proves"),
    own ? say("ev-own-trust") : say("ev-server-trust"),
  ];
  verdict("clear", say("ev-verified"), make("p", { class: "about" }, `${file.name} · ${count("byte", file.size)}`));
  answer.append(make("ul", { class: "lines sheet" }, ...lines.map((line) => make("li", {}, line))));
}

form.elements.file.addEventListener("change", () => form.elements.file.files[0] && check(form.elements.file.files[0]));
form.elements.trust.addEventListener("change", () => form.elements.file.files[0] && check(form.elements.file.files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind !== "drop") return;
    const files = [...event.dataTransfer.files];
    const trust = files.find(({ name }) => name.startsWith("trust") && name.endsWith(".json"));
    if (trust) form.elements.trust.files = filled(trust);
    const file = files.find((one) => one !== trust);
    if (!file) return;
    form.elements.file.files = filled(file);
    check(file);
  });
}

function filled(file) {
  const list = new DataTransfer();
  list.items.add(file);
  return list.files;
}
