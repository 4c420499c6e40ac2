// Keeps citations in the browser's own storage, and shows them on /map; nothing is sent until a file is asked for.
const place = `map ${document.documentElement.dataset.visitor ?? ""}`; // who signs in on the same computer has another
const told = document.getElementById("melding");
const form = document.getElementById("map");
const list = document.getElementById("bewaard");

function read() {
  try { return JSON.parse(localStorage.getItem(place)) ?? []; } catch { return []; }
}

/** Keep citations, say what was done, and show it; a browser may refuse to keep anything. */
function write(items, said) {
  try {
    localStorage.setItem(place, JSON.stringify(items));
  } catch {
    said = "Uw browser bewaart niets (meer); maak plaats of sta het toe.";
  }
  told.textContent = said;
  show();
}

const same = (one, other) => one.passage === other.passage && JSON.stringify(one.spans) === JSON.stringify(other.spans);

/** The citation of the button that copies, which stands before the one that keeps. */
function citationOf(button) {
  const { passage, spans, quote, reference, url } = button.previousElementSibling.dataset;
  return { passage, spans: JSON.parse(spans), quote, reference, url, note: "" };
}

function keep(button) {
  const items = read(), one = citationOf(button);
  const others = items.filter((item) => !same(item, one));
  if (others.length < items.length) write(others, "Uit uw map gehaald.");
  else write([...items, one], "Bewaard in uw map.");
}

/** Show how many are kept, which on this page, and on /map the citations themselves. */
function show() {
  const items = read();
  const link = document.querySelector("[data-collection]");
  link.hidden = !items.length && !form;
  link.querySelector(".count").textContent = items.length;
  for (const button of document.querySelectorAll("[data-keep]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", items.some((item) => same(item, citationOf(button))));
  }
  if (!form) return;
  form.hidden = !items.length;
  document.getElementById("leeg").hidden = items.length > 0;
  list.replaceChildren(...items.map((item, i) => shown(item, i, items.length)));
}

function shown(item, i, count) {
  const made = document.getElementById("citaat").content.cloneNode(true).firstElementChild;
  made.querySelector("blockquote").textContent = item.quote;
  const source = made.querySelector(".reference a");
  source.textContent = item.reference;
  source.href = new URL(item.url, location.origin).pathname + new URL(item.url, location.origin).search + "#passage";
  made.querySelector("textarea").value = item.note;
  for (const name of made.querySelectorAll("[data-numbered]")) {
    const number = document.createElement("span");
    number.className = "visually-hidden";
    number.textContent = ` citaat ${i + 1}`;
    name.append(number);
  }
  made.querySelector("[data-move='-1']").disabled = i === 0;
  made.querySelector("[data-move='1']").disabled = i === count - 1;
  return made;
}

/** Put a citation elsewhere in the order, or take it out; the focus goes along. */
function change(button) {
  const items = read(), from = [...list.children].indexOf(button.closest("li"));
  const [one] = items.splice(from, 1);
  if ("drop" in button.dataset) {
    write(items, "Uit uw map gehaald.");
    (list.children[Math.min(from, items.length - 1)] ?? document.getElementById("inhoud")).focus();
    return;
  }
  const to = from + Number(button.dataset.move);
  items.splice(to, 0, one);
  write(items, `Nu citaat ${to + 1} van ${items.length}.`);
  const moves = (by) => list.children[to].querySelector(`[data-move="${by}"]`);
  const again = moves(button.dataset.move);
  (again.disabled ? moves(-button.dataset.move) : again).focus();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.matches("[data-keep]")) keep(button);
  if (button?.matches("[data-move], [data-drop]")) change(button);
  if (button?.matches("[data-clear]") && confirm("Alle citaten en nota's uit deze map halen?")) write([], "De map is leeg.");
});
list?.addEventListener("input", ({ target }) => {
  const items = read();
  items[[...list.children].indexOf(target.closest("li"))].note = target.value;
  try { localStorage.setItem(place, JSON.stringify(items)); } catch { told.textContent = "Uw browser bewaart deze nota niet."; }
});
form?.addEventListener("submit", () => { form.elements.items.value = JSON.stringify(read()); });
addEventListener("storage", show); // kept in another tab
addEventListener("pageshow", ({ persisted }) => { if (persisted) show(); }); // back from another page
show();
