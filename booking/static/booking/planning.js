// In the editor of a session: what its date falls together with, asked anew whenever the date or the audience changes.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-collisions]");
  if (!place) return;
  const names = ["starts_on", "ends_on", "when_text", "audience", "choice"];
  const fields = names.map((name) => document.getElementById(`id_${name}`)).filter(Boolean);
  let latest = 0;
  let waiting;

  const ask = async () => {
    const number = ++latest;
    const asked = new URLSearchParams(fields.map((field) => [field.name, field.value]));
    asked.set("page", place.dataset.page);
    const answer = await fetch(`${place.dataset.collisions}?${asked}`).catch(() => null);
    // An answer that comes after a later question is of no use, and without one the last still stands.
    if (answer?.ok && number === latest) place.innerHTML = await answer.text();
  };

  for (const field of fields) {
    for (const happening of ["change", "input"]) {
      field.addEventListener(happening, () => {
        clearTimeout(waiting);
        waiting = setTimeout(ask, 300);
      });
    }
  }
});
