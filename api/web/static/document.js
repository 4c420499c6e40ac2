// An address as /documents/x#p=12&q=woorden is the one that the server understands, written after the hash.
function follow() {
  const asked = new URLSearchParams(location.hash.slice(1));
  if (!asked.has("p") && !asked.has("q")) return;
  const page = asked.get("p") ?? "";
  location.replace(`${location.pathname}?${new URLSearchParams({ p: page, q: asked.get("q") ?? "" })}`);
}
follow();
addEventListener("hashchange", follow);

// The server knows where the page that is asked for stands.
const jump = document.querySelector("[data-jump]");
if (jump && !document.getElementById(location.hash.slice(1))) location.replace(jump.href);
