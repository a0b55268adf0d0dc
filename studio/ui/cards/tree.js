// The history as a tree: one row a piece, and below it what can be done with the chosen one.
//
// props.value = JSON text of {
//   pieces: [{id, lines: for each level whether a line goes on below, title, facts, created: seconds, kept, look,
//             take: whether it is one, mark: "on_desk" | "shown" | ""}, ...] in the order of the tree
// }, or null for none
// Events, each with {id}: `show_piece`, `from_here`, `keep` (with `kept`), `forget`.
// props.labels holds the words. Texts only ever go into textContent and attributes: names come from visitors.

const find = (selector) => element.querySelector(selector);
const rows = find(".rows"), acts = find(".acts"), words = props.labels;
const DEEPEST = 6; // levels that are indented: what is deeper stands below the sixth
let pieces = [], chosen = null, sure = 0;

rows.setAttribute("aria-label", words.list);
find(".nothing").textContent = words.empty;
rows.setAttribute("aria-description", words.tree_help);
acts.setAttribute("aria-label", words.list);
for (const [name, text] of [[".show", words.show], [".from-here", words.from_here], [".word", words.keep]])
  find(name).textContent = text;

// Pictures are drawn when they come into view.
const inView = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    inView.unobserve(target);
    drawLook(target.querySelector(".look"), target.look);
  }
}, { root: rows, rootMargin: "200px" });

function span(className, text) {
  const node = document.createElement("span");
  node.className = className;
  if (text) node.textContent = text;
  return node;
}

function time(seconds) {
  const when = new Date(seconds * 1000);
  const today = when.toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang || undefined, style).format(when);
}

function makeRow(piece) {
  const row = document.createElement("li");
  row.setAttribute("role", "treeitem");
  row.setAttribute("aria-level", piece.lines.length + 1);
  row.dataset.id = piece.id;
  row.look = piece.look;
  row.tabIndex = -1;
  const shown = piece.lines.slice(-DEEPEST);
  shown.forEach((goesOn, i) => {
    const last = i === shown.length - 1;
    row.append(span(`line${goesOn ? " on" : ""}${last ? " elbow" : ""}`));
  });
  const text = span("text");
  const title = span("title", piece.title);
  if (piece.kept) title.append(span("kept", " ★"));
  if (piece.mark) title.append(span("mark", words[piece.mark]));
  text.append(title, span("facts-line", piece.facts + " · " + time(piece.created)));
  row.append(thumbnail(), text);
  row.setAttribute("aria-label", [piece.title, piece.kept && words.kept, piece.mark && words[piece.mark], piece.facts]
    .filter(Boolean).join(", "));
  inView.observe(row);
  return row;
}

function rowOf(id) {
  return [...rows.children].find((row) => row.dataset.id === id);
}

function choose(id, focus) {
  const before = chosen && rowOf(chosen);
  if (before) Object.assign(before, { tabIndex: -1 }).setAttribute("aria-selected", "false");
  const piece = pieces.find((one) => one.id === id);
  const again = chosen === id;
  chosen = piece ? id : null;
  acts.hidden = !piece;
  unsure();
  if (!piece) {
    if (rows.firstChild) rows.firstChild.tabIndex = 0;
    return;
  }
  const row = rowOf(id);
  for (const other of rows.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  row.tabIndex = 0;
  row.setAttribute("aria-selected", "true");
  if (focus) row.focus();
  if (!again) row.scrollIntoView({ block: "nearest" });
  find(".chosen").textContent = piece.title;
  find(".show").hidden = !piece.take;
  find(".keep").setAttribute("aria-pressed", String(piece.kept));
}

function unsure() {
  clearTimeout(sure);
  sure = 0;
  find(".forget").textContent = words.forget;
}

rows.addEventListener("click", (event) => {
  const row = event.target.closest("li");
  if (row) choose(row.dataset.id, true);
});
rows.addEventListener("dblclick", (event) => {
  const piece = pieces.find((one) => one.id === chosen);
  if (event.target.closest("li") && piece) trigger(piece.take ? "show_piece" : "from_here", { id: piece.id });
});
rows.addEventListener("keydown", (event) => {
  const row = event.target.closest("li");
  const all = [...rows.children], at = all.indexOf(row);
  if (!row) return;
  const level = Number(row.getAttribute("aria-level"));
  const to = {
    ArrowDown: () => at + 1,
    ArrowUp: () => at - 1,
    Home: () => 0,
    End: () => all.length - 1,
    ArrowLeft: () => all.slice(0, at).findLastIndex((one) => Number(one.getAttribute("aria-level")) < level),
    ArrowRight: () => (all[at + 1] && Number(all[at + 1].getAttribute("aria-level")) > level ? at + 1 : -1),
  }[event.key];
  if (to) {
    event.preventDefault();
    const next = all[to()];
    if (!next) return;
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(row.dataset.id, false);
  }
});
find(".show").addEventListener("click", () => trigger("show_piece", { id: chosen }));
find(".from-here").addEventListener("click", () => trigger("from_here", { id: chosen }));
find(".keep").addEventListener("click", () => {
  const kept = find(".keep").getAttribute("aria-pressed") !== "true";
  document.dispatchEvent(new CustomEvent("studio-kept", { detail: { id: chosen, kept } }));
  trigger("keep", { id: chosen, kept });
});
// What is kept among the cards is kept here as well, and the other way round.
document.addEventListener("studio-kept", ({ detail }) => {
  const piece = pieces.find((one) => one.id === detail.id);
  if (!piece) return;
  piece.kept = detail.kept;
  rowOf(piece.id).replaceWith(makeRow(piece));
  choose(chosen, false);
});
find(".forget").addEventListener("click", () => {
  if (sure) {
    unsure();
    trigger("forget", { id: chosen });
    return;
  }
  find(".forget").textContent = words.forget_sure;
  sure = setTimeout(unsure, 5000);
});

function show() {
  pieces = props.value ? JSON.parse(props.value).pieces : [];
  const top = rows.scrollTop, held = rows.contains(document.activeElement);
  inView.disconnect();
  rows.replaceChildren(...pieces.map(makeRow));
  rows.hidden = !pieces.length;
  find(".nothing").hidden = Boolean(pieces.length);
  rows.scrollTop = top;
  choose(chosen, held);
}

watch("value", show);
show();
element.dataset.ready = "true";
