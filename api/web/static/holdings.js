// Takes files that are dropped beside the field of the form; on the field itself a browser takes them without this.
for (const form of document.querySelectorAll("form[data-drop]")) {
  const field = form.querySelector("[type=file]");
  const card = form.closest("section");
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  card.addEventListener("dragover", (event) => {
    if (carries(event)) { event.preventDefault(); card.classList.add("over"); }
  });
  card.addEventListener("dragleave", () => card.classList.remove("over"));
  card.addEventListener("drop", (event) => {
    card.classList.remove("over");
    if (!carries(event)) return;
    event.preventDefault();
    field.files = event.dataTransfer.files;
    form.querySelector("button").focus();
  });
}
