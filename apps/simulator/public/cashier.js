import { startCountdowns } from "./countdown.js";

const form = document.querySelector("form.cashier");

// The browser sends the pressed button only while it is enabled, so the buttons are disabled a moment later.
form?.addEventListener("submit", () => {
  form.setAttribute("aria-busy", "true");
  setTimeout(() => {
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  });
});

// A page taken back out of the browser's memory may show a payment that was paid meanwhile.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

startCountdowns(() => location.reload());
