// A keyboard-wedge scanner types like a very fast person. Its codes are caught wherever the focus is.

const GS = "\x1d";
const PAUSE = 60; // ms between keys beyond which a burst has ended: people type at 100 and more
const SHORTEST = 6;

/** GS as scanners type it: Ctrl+], F8, Alt+029 on the keypad, or the control character itself. */
function character(event, digits) {
  if (event.ctrlKey && (event.key === "]" || event.code === "BracketRight")) return GS;
  if (event.key === "F8") return GS;
  if (event.altKey && /^(Numpad|Digit)\d$/.test(event.code)) {
    digits.push(event.code.at(-1));
    return "";
  }
  if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) return event.key;
  return null;
}

/** Calls `onCode(text)` for every burst that ends with Enter or Tab, or with a pause. */
export function listen(onCode, target = document) {
  let burst = "";
  let last = 0;
  let gaps = 0;
  let timer;
  let before = null; // the field that the burst began in, and what it said until then
  const digits = [];

  function finish(field) {
    clearTimeout(timer);
    const text = burst;
    const fast = text.length >= SHORTEST && gaps / Math.max(1, text.length - 1) < PAUSE / 2;
    burst = "";
    gaps = 0;
    if (!fast) return false;
    if (field && before?.field === field) {
      field.value = before.value; // a number field keeps the digits of a code only: what it said is put back
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    onCode(text);
    return true;
  }

  function add(typed, now) {
    if (burst && now - last > PAUSE) {
      burst = "";
      gaps = 0;
    }
    if (burst) gaps += now - last;
    else before = { field: field(), value: field()?.value };
    burst += typed;
    last = now;
  }

  function field() {
    const active = document.activeElement;
    return active && /^(INPUT|TEXTAREA)$/.test(active.tagName) ? active : null;
  }

  target.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const now = event.timeStamp;
    if ((event.key === "Enter" || event.key === "Tab") && burst && now - last <= PAUSE * 2) {
      if (finish(field())) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      return;
    }
    const typed = character(event, digits);
    if (typed === null) return;
    if (typed === GS) event.preventDefault();
    // In the middle of a code "?" and "/" are no keys of the page: AZERTY has "?" where scanners press M.
    if (burst && now - last <= PAUSE && !field()) event.stopPropagation();
    if (typed) add(typed, now);
    clearTimeout(timer);
    // Where a person has the focus in a field, only a terminator makes a code; elsewhere a pause does too.
    if (!field()) timer = setTimeout(() => finish(null), PAUSE * 3);
  }, true);

  target.addEventListener("keyup", (event) => {
    if (event.key !== "Alt" || digits.length === 0) return;
    const code = Number(digits.splice(0).join(""));
    if (code === 29) add(GS, event.timeStamp);
    else if (code >= 32 && code < 127) add(String.fromCharCode(code), event.timeStamp);
  }, true);
}
