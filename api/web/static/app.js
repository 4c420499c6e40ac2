// Makes the page quicker to use; without it everything on the page works.

const status = document.getElementById("melding");
const dialog = document.getElementById("sneltoetsen");

let saying;

/** Have a screen reader say something; a line that was there from the start is not read aloud, a newer one stays. */
function say(text) {
  clearTimeout(saying);
  status.textContent = "";
  saying = setTimeout(() => { status.textContent ||= text; }, 50);
}

function escaped(text) {
  const holder = document.createElement("p");
  holder.textContent = text;
  return holder.innerHTML.replaceAll('"', "&quot;");
}

/** A quote with its reference, as text and with a link. */
function cited({ quote, reference, url }) {
  const address = new URL(url, location.href).href;
  return {
    plain: `“${quote}”, ${reference}`,
    rich: `“${escaped(quote)}”, <a href="${escaped(address)}">${escaped(reference)}</a>`,
  };
}

const lineOf = (element) => element.textContent.trim().replace(/\s+/g, " ");

/** The whole answer: question, sentences with the numbers of their sources, how sure it is, the sources. */
function answered() {
  const found = document.getElementById("antwoord");
  const sources = new Map();
  const sentences = [...found.querySelectorAll(".statements > li")].map((item) => {
    for (const from of item.querySelectorAll(".from")) {
      sources.set(lineOf(from.querySelector("a")), cited(from.querySelector("[data-copy]").dataset));
    }
    const said = item.cloneNode(true);
    for (const from of said.querySelectorAll(".from")) from.remove();
    return [lineOf(said), ...[...item.querySelectorAll(".from a")].map(lineOf)].join(" ");
  });
  const question = lineOf(found.querySelector("h1"));
  const told = (which) => [...found.querySelectorAll(which)].map(lineOf);
  const before = told(":scope > .confidence:not(.statements ~ *)");
  const notices = told(":scope > .statements ~ .confidence, :scope > .statements ~ .notice");
  const listed = [...sources];
  return {
    plain: [question, ...before, ...sentences.map((one) => `- ${one}`), ...notices, "Bronnen",
      ...listed.map(([n, one]) => `${n} ${one.plain}`)].join("\n\n"),
    rich: `<h2>${escaped(question)}</h2>${before.map((one) => `<p>${escaped(one)}</p>`).join("")}<ul>${sentences.map((one) => `<li>${escaped(one)}</li>`).join("")}</ul>`
      + notices.map((one) => `<p>${escaped(one)}</p>`).join("")
      + `<h3>Bronnen</h3>${listed.map(([n, one]) => `<p>${n} ${one.rich}</p>`).join("")}`,
  };
}

/** Put something on the clipboard, plain and with marks; false where the browser refuses. */
async function copy({ plain, rich }) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const item = new ClipboardItem({
      "text/plain": new Blob([plain], { type: "text/plain" }),
      "text/html": new Blob([rich], { type: "text/html" }),
    });
    try {
      await navigator.clipboard.write([item]);
      return true;
    } catch { /* not allowed here: try the older way */ }
  }
  // Over plain HTTP, as within an office network, a browser offers only this.
  const put = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", plain);
    event.clipboardData.setData("text/html", rich);
  };
  document.addEventListener("copy", put, { once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", put);
  return done;
}

async function copyWith(button) {
  const label = button.label ??= [...button.childNodes];
  const done = await copy("copyAnswer" in button.dataset ? answered() : cited(button.dataset));
  button.textContent = done ? "Gekopieerd" : "Kopiëren lukte niet; selecteer de tekst";
  say(button.textContent);
  setTimeout(() => button.replaceChildren(...label), 2000);
}

function step(by) {
  const hits = [...document.querySelectorAll(".hit")];
  const now = hits.findIndex((hit) => hit.contains(document.activeElement));
  hits.at(Math.min(Math.max(now + by, 0), hits.length - 1))?.focus();
}

const shortcuts = {
  "/": () => { const box = document.getElementById("q"); box?.focus(); box?.select(); },
  "?": () => dialog.showModal(),
  j: () => step(1),
  k: () => step(-1),
  c: () => {
    const here = document.activeElement?.closest(".statements > li, .hit, .precedent");
    const button = (here ?? document).querySelector("[data-copy]");
    if (button) copyWith(button);
  },
};

const switchedOn = document.getElementById("toetsen");
try { // a browser may refuse to keep anything
  switchedOn.checked = localStorage.getItem("sneltoetsen") !== "uit";
  switchedOn.addEventListener("change", () => localStorage.setItem("sneltoetsen", switchedOn.checked ? "aan" : "uit"));
} catch { /* switched off until the next page */ }

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const action = switchedOn.checked && Object.hasOwn(shortcuts, event.key) && shortcuts[event.key];
  if (!action || typing || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-copy], [data-copy-answer]")) copyWith(button);
  if (button?.dataset.opens) document.getElementById(button.dataset.opens).showModal();
});

// An address without what was left empty.
document.addEventListener("submit", ({ target }) => {
  if (target.method !== "get") return;
  for (const field of target.elements) if (field.name && !field.value) field.disabled = true;
});
// Back from the next page the browser may show this one as it was left, but a form that makes an address must say what
// the address says. What is typed in another form is work, which stays.
addEventListener("pageshow", ({ persisted }) => {
  for (const field of document.querySelectorAll("form input:disabled")) field.disabled = false;
  if (!persisted && performance.getEntriesByType("navigation")[0]?.type === "navigate") return;
  for (const form of document.querySelectorAll("form[method=get]")) form.reset();
});

// What is ticked applies at once; the focus comes back to it.
const narrowing = document.querySelector("form[data-at-once]");
narrowing?.addEventListener("change", ({ target }) => {
  if (target.type !== "checkbox") return;
  try { sessionStorage.setItem("vinkje", `${target.name}=${target.value}`); } catch { /* then the focus stays at the top */ }
  narrowing.requestSubmit();
});
try {
  const ticked = sessionStorage.getItem("vinkje");
  sessionStorage.removeItem("vinkje");
  for (const box of narrowing?.querySelectorAll("[type=checkbox]") ?? []) {
    if (`${box.name}=${box.value}` !== ticked) continue;
    for (let around = box.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
    box.focus();
  }
} catch { /* nothing was kept */ }

for (const one of document.querySelectorAll("[data-copy], [data-copy-answer], [data-opens], [data-scripted]")) one.hidden = false;
const told = document.querySelector("[data-tell]");
if (told) say(told.textContent.trim());
