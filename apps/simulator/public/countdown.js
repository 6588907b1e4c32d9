const tickMs = 250;

/** Counts every `[data-countdown]` down by the server's clock and calls back once when one of them ends. */
export function startCountdowns(onEnd) {
  for (const time of document.querySelectorAll("[data-countdown]")) countDown(time, onEnd);
}

function countDown(time, onEnd) {
  const leftAtStart = Date.parse(time.dataset.countdown) - Date.parse(time.dataset.now);
  const start = performance.now();
  const show = () => {
    const left = leftAtStart - (performance.now() - start);
    time.textContent = format(Math.max(0, left));
    if (left > 0 && time.isConnected) return;
    clearInterval(timer);
    if (time.isConnected) onEnd();
  };
  const timer = setInterval(show, tickMs);
  show();
}

function format(ms) {
  const seconds = Math.ceil(ms / 1000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  return seconds < 3600 ? parts.join(":") : [Math.floor(seconds / 3600), ...parts].join(":");
}
