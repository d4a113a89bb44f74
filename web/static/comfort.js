// Comfort for the sign-up pages. Everything works without it: it filters the boxes to tick, guesses the time zone,
// keeps what is typed while it is typed, and says so when the line is down.

const say = (element, text) => { if (element) element.textContent = text; };

/* -- searching among boxes ------------------------------------------------------------------------------------- */

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function chips(field, box) {
  box.replaceChildren(...[...field.querySelectorAll("input[type=checkbox]:checked")].map((input) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    const name = input.parentElement.querySelector("span").textContent;
    chip.textContent = name + " ✕";
    chip.setAttribute("aria-label", field.dataset.remove.replace("{}", name));
    chip.addEventListener("click", () => {
      input.checked = false;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      field.querySelector("input[type=search]").focus();
    });
    return chip;
  }));
}

function counts(field) {
  for (const group of field.querySelectorAll("details")) {
    const count = group.querySelectorAll("input:checked").length;
    const badge = group.querySelector(".count");
    badge.textContent = count;
    badge.hidden = !count;
  }
}

function show(field, wanted) {
  for (const group of field.querySelectorAll("details")) {
    let any = false;
    for (const choice of group.querySelectorAll(".choice")) {
      choice.hidden = wanted !== null && !wanted.has(choice.dataset.id);
      any ||= !choice.hidden;
    }
    group.hidden = !any;
    group.open = wanted !== null ? any : Boolean(group.querySelector("input:checked"));
  }
  for (const choice of field.querySelectorAll(":scope > .choices > .choice")) {
    choice.hidden = wanted !== null && !wanted.has(choice.dataset.id);
  }
}

function searchable(field) {
  const labels = new Map([...field.querySelectorAll(".choice")].map((c) => [c.dataset.id, fold(c.textContent)]));
  const find = document.createElement("input");
  find.type = "search";
  find.className = "find";
  find.placeholder = find.ariaLabel = field.dataset.find;
  find.autocomplete = "off";
  const box = document.createElement("div");
  box.className = "chips";
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  const first = field.querySelector("details, .choices");
  first.before(box, find, status);

  let latest = 0;
  find.addEventListener("input", async () => {
    const text = fold(find.value.trim());
    const turn = ++latest;
    if (!text) { show(field, null); say(status, ""); return; }
    const wanted = new Set([...labels].filter(([, label]) => label.includes(text)).map(([id]) => id));
    show(field, wanted);
    await new Promise((done) => setTimeout(done, 180));
    if (turn !== latest) return;
    try {
      const query = new URLSearchParams({ kind: field.dataset.kind, q: find.value.trim() });
      const answer = await fetch("/vocabulary/suggest?" + query);
      for (const term of await answer.json()) if (labels.has(term.id)) wanted.add(term.id);
    } catch { /* the labels alone will do */ }
    if (turn !== latest) return;
    show(field, wanted);
    say(status, field.dataset.found.replace("{}", wanted.size));
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "Escape") { find.value = ""; show(field, null); }
  });
  field.addEventListener("change", () => { chips(field, box); counts(field); });
  chips(field, box);
}

/* -- keeping as one goes --------------------------------------------------------------------------------------- */

function keeping(form) {
  const note = form.querySelector("[data-kept]");
  const usual = note?.textContent;
  let timer, before = new URLSearchParams(new FormData(form)).toString();
  const keep = async () => {
    const data = new URLSearchParams(new FormData(form));
    data.delete("go");
    if (data.toString() === before) return;
    before = data.toString();
    data.set("go", "keep");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      say(note, answer.ok ? form.dataset.saved : usual);
    } catch { say(note, form.dataset.offline); before = ""; }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(keep, 1500); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!navigator.onLine) {
      event.preventDefault();
      say(note, form.dataset.offline);
      note?.scrollIntoView({ block: "center" });
    }
  });
}

/* -- the rest -------------------------------------------------------------------------------------------------- */

const zone = document.querySelector("select[name=timezone]");
if (zone && !zone.value) {
  const guess = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((option) => option.value === guess)) zone.value = guess;
}
for (const field of document.querySelectorAll("[data-many=yes]")) searchable(field);
for (const form of document.querySelectorAll("form[data-keep]")) keeping(form);
document.querySelector("[data-focus]")?.focus();
