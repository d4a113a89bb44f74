// Comfort for the desk: lists that follow the typing, a round that shows its progress, keys. Everything works without.

/* -- lists that follow the typing: the page itself is asked, and its results are put in place ------------------- */

function live(form) {
  const id = form.dataset.live;
  let timer, latest = 0;
  const look = async () => {
    const turn = ++latest;
    const url = new URL(form.action);
    url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    const old = document.getElementById(id);
    old?.setAttribute("data-busy", "");
    try {
      const answer = await fetch(url);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
      if (turn !== latest || !answer.ok || !fresh || !old) return;
      old.replaceWith(document.adoptNode(fresh));
      history.replaceState(null, "", url);
      ticks();
    } catch { /* the button still works */ } finally { document.getElementById(id)?.removeAttribute("data-busy"); }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, 250); };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); look(); });
}

/* -- all ticks at once ------------------------------------------------------------------------------------------ */

function ticks() {
  const all = document.querySelector("[data-all]");
  if (!all) return;
  all.hidden = false;
  const boxes = () => [...document.querySelectorAll("input[name=id][type=checkbox]")];
  const count = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    const input = all.querySelector("input");
    input.checked = ticked > 0 && ticked === boxes().length;
    input.indeterminate = ticked > 0 && !input.checked;
    const said = document.querySelector("[data-ticked]");
    if (said) said.textContent = ticked ? said.dataset.ticked.replace("{}", ticked) : "";
  };
  all.onchange = () => { for (const box of boxes()) box.checked = all.querySelector("input").checked; count(); };
  for (const box of boxes()) box.onchange = count;
  count();
}

/* -- a round at work --------------------------------------------------------------------------------------------- */

async function follow(box) {
  const bar = box.querySelector("progress");
  const word = box.querySelector("[data-step]");
  for (let wait = 400; ; wait = Math.min(wait * 1.15, 3000)) {
    await new Promise((done) => setTimeout(done, wait));
    try {
      const now = await (await fetch(box.dataset.progress)).json();
      bar.value = now.progress;
      word.textContent = now.step;
      if (now.done) { location.reload(); return; }
    } catch { /* the line is down for a moment; ask again */ }
  }
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

const rows = () => [...document.querySelectorAll("[data-row]")];
let current = -1;

function go(step) {
  const all = rows();
  if (!all.length) return;
  all[current]?.classList.remove("current");
  current = Math.min(all.length - 1, Math.max(0, current + step));
  all[current].classList.add("current");
  all[current].closest("details")?.setAttribute("open", "");
  all[current].scrollIntoView({ block: "nearest" });
  (all[current].querySelector("[data-open]") ?? all[current].querySelector("a"))?.focus({ preventScroll: true });
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  o: () => rows()[current]?.querySelector("[data-open]")?.click(),
  a: () => (rows()[current] ?? document).querySelector("[data-key=a]")?.click(),
  x: () => (rows()[current] ?? document).querySelector("[data-key=x]")?.click(),
  "/": () => document.querySelector("[data-search]")?.focus(),
};

// Single letters can be in the way of screen readers and of speech input, so they can be switched off (WCAG 2.1.4).
let listening = localStorage.getItem("keys") !== "off";
for (const button of document.querySelectorAll("[data-keys]")) {
  const tell = () => { button.setAttribute("aria-pressed", String(listening)); };
  button.hidden = false;
  button.addEventListener("click", () => {
    listening = !listening;
    localStorage.setItem("keys", listening ? "on" : "off");
    tell();
  });
  tell();
}

document.addEventListener("keydown", (event) => {
  if (!listening) return;
  const typing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  if (typing && event.key === "Escape") typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

/* -- where one was, after a button ----------------------------------------------------------------------------------- */

document.addEventListener("submit", (event) => {
  if (event.target.method === "post" && current >= 0) sessionStorage.setItem("row", `${location.pathname} ${current}`);
});
{
  const [path, row] = (sessionStorage.getItem("row") ?? "").split(" ");
  sessionStorage.removeItem("row");
  if (path === location.pathname && rows().length) { current = Number(row) - 1; go(1); }
}

for (const form of document.querySelectorAll("form[data-live]")) live(form);
for (const box of document.querySelectorAll("[data-progress]")) follow(box);
ticks();
document.querySelector("[data-focus]")?.focus();
