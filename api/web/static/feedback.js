// Sends an opinion without leaving the page; without this the form does the same and comes back.
for (const form of document.querySelectorAll("form.feedback")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector(".thanks");
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    const kept = await fetch(form.action, { method: "POST", body: fields }).then((answer) => answer.ok, () => false);
    said.textContent = kept ? "Bedankt, bewaard op deze computer." : "Dat is niet gelukt; probeer het later opnieuw.";
    if (kept) for (const button of form.querySelectorAll("button")) button.disabled = true;
  });
}
