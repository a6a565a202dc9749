// Small comforts; every page works without them.

// A button that copies the address in a field. It is hidden until there is a script to do it.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const done = document.getElementById(`${button.dataset.copy}-copied`);
  if (!field || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard.writeText(field.value);
    done.hidden = false;
    done.textContent = button.dataset.copied;
  });
}

// The second click on an impatient button does nothing. The server refuses it too, but more slowly.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll(".button")) button.setAttribute("aria-disabled", "true");
  });
}

// Coming back with the browser's back button finds the form as it was, ready to send again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll(".button")) button.removeAttribute("aria-disabled");
  }
});

// One press instead of twenty-five: all the boxes of a name, or none of them if all are ticked already.
for (const button of document.querySelectorAll("button[data-choose]")) {
  const boxes = [...button.form.querySelectorAll(`input[name="${button.dataset.choose}"]`)];
  button.hidden = boxes.length < 4;
  button.addEventListener("click", () => {
    const choose = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = choose;
    boxes[0].dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// What is chosen in the form may change the price: the sum and the button follow. Without this, the server says so.
// While one writes where the invoice goes, a single line follows: a button that is about to be pressed must stay.
for (const form of document.querySelectorAll("form[data-quote]")) {
  const summary = form.querySelector("#order-summary");
  let asked = 0;
  const ask = async (show) => {
    const number = ++asked;
    try {
      const answer = await fetch(form.dataset.quote, { method: "POST", body: new FormData(form) });
      if (answer.ok && number === asked && !form.dataset.sent) show(await answer.text());
    } catch {
      // Offline: what is shown stands until the form is sent.
    }
  };
  form.addEventListener("change", (event) => {
    if (!summary || !/^(participant|partner|if_short|.*[-_]add_ons)$/.test(event.target.name)) return;
    ask((text) => (summary.innerHTML = text));
  });
  let pause;
  form.addEventListener("input", (event) => {
    if (summary && event.target.name === "guests") {
      clearTimeout(pause);
      pause = setTimeout(() => ask((text) => (summary.innerHTML = text)), 500);
    }
    if (!summary || !/^(ean|person_reference|requisition|contact_name)$/.test(event.target.name)) return;
    clearTimeout(pause);
    pause = setTimeout(() => {
      if (!summary.querySelector("#invoice-line")) return;
      ask((text) => {
        const answer = document.createElement("template");
        answer.innerHTML = text;
        const [now, then] = [summary, answer.content].map((part) => part.querySelector("#invoice-line"));
        if (now && then) now.textContent = then.textContent;
      });
    }, 300);
  });
}
