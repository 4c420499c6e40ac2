// An address as /documents/x#p=12&q=woorden is the one that the server understands, written after the hash.
function follow() {
  const asked = new URLSearchParams(location.hash.slice(1));
  if (!asked.has("p") && !asked.has("q")) return;
  const page = asked.get("p") ?? "";
  location.replace(`${location.pathname}?${new URLSearchParams({ p: page, q: asked.get("q") ?? "" })}#p-${page}`);
}
follow();
addEventListener("hashchange", follow);
