// Every page: the keys that work everywhere, the lock, and what forms look at before they are sent.

import "./lock.js";
import { watchForms } from "./posting.js";

if (document.body.dataset.login) watchForms();

const keys = document.getElementById("keys");

function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-search]");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  } else if (event.key === "?" && keys && !keys.open) {
    event.preventDefault();
    keys.showModal();
  }
});

for (const field of document.querySelectorAll("[data-submit-on-change]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
for (const button of document.querySelectorAll("[data-fill-login]")) {
  button.addEventListener("click", () => {
    document.querySelector('[name="login"]').value = button.dataset.fillLogin;
    const password = document.querySelector('[name="password"]');
    password.value = button.dataset.fillPassword || "";
    (password.value ? button.form : password)?.focus?.();
    if (password.value) password.form.requestSubmit();
  });
}
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
