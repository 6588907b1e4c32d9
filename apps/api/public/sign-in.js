const sentences = {
  rate_limited: "Too many wrong passwords: wait a quarter of an hour.",
  wrong_credentials: "That is not right. Try again.",
};

/** Shows one of the page's three forms: `password`, `code`, `change`. */
function show(name) {
  for (const form of document.forms) form.hidden = form.id !== name;
  document.forms[name].querySelector("input").focus();
}

async function send(path, body) {
  const response = await fetch(`/auth/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = response.status === 204 ? {} : await response.json();
  document.querySelector("[role=alert]").textContent = response.ok ? "" : (sentences[answer.code] ?? answer.detail);
  return response.ok ? answer : undefined;
}

/** Goes on to where the session stands: the choice of a password, or the board. */
async function goOn() {
  const response = await fetch("/auth/session");
  if (!response.ok) return show("password");
  const { operator } = await response.json();
  if (operator.mustChangePassword) return show("change");
  window.location.assign("/admin/queues");
}

const steps = {
  password: async (body) => {
    const answer = await send("sign-in", body);
    if (answer?.twoFactorNeeded) return show("code");
    if (answer !== undefined) await goOn();
  },
  code: async (body) => {
    if ((await send("two-factor/verify", body)) !== undefined) await goOn();
  },
  change: async (body) => {
    if ((await send("change-password", body)) !== undefined) await goOn();
  },
};

for (const [name, step] of Object.entries(steps)) {
  document.forms[name].addEventListener("submit", (event) => {
    event.preventDefault();
    void step(Object.fromEntries(new FormData(event.target)));
  });
}
void goOn();
