import { startCountdowns } from "./countdown.js";

const announcement = document.querySelector("#announcement");

/** Takes the page's main part again from the server; shows it, and says the state aloud, only when it changed. */
async function refresh() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  // A payment's page leads back to its order once there is nothing more to pay.
  if (response.redirected) {
    location.replace(response.url);
    return;
  }
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("main");
  const shown = document.querySelector("main");
  const before = shown?.querySelector("[data-version]")?.dataset;
  const after = fresh?.querySelector("[data-version]")?.dataset;
  if (!after || after.version === before?.version) return;
  shown.replaceWith(fresh);
  startCountdowns(refreshSoon);
  if (after.state !== before?.state) announcement.textContent = after.state;
}

/** The events only say that something changed; several at once are one reason to look. */
const settleMs = 150;
let waiting;
function refreshSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => void refresh(), settleMs);
}

const order = document.querySelector("[data-events]");
if (order) {
  const events = new EventSource(order.dataset.events);
  for (const name of ["order", "payment", "message"]) events.addEventListener(name, refreshSoon);
  // Whatever changed while the line was down is seen when it is up again.
  events.addEventListener("open", refreshSoon);
  addEventListener("pagehide", () => events.close());
}

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

document.addEventListener("submit", (event) => {
  setTimeout(() => {
    for (const button of event.target.querySelectorAll("button")) button.disabled = true;
  });
});

startCountdowns(refreshSoon);
