// How a take is judged: a line that says it all, below it figures beside held-out music, passages that it shares, reasons.
//
// props.value = JSON text of {
//   id:       the take's
//   busy:     whether it is still being judged
//   summary:  one line
//   liked:    -1, 0 or 1; null where likes cannot be kept
//   strips:   [{name, help, number, words, where: "usual" | "rather" | "far", at: {p5, p25, p50, p75, p95, take, seed}}],
//             `at` in per cent of a strip's width, seed null where there is none; about: a sentence on what they compare
//   verdict:  {kind: "original" | "common" | "copied" | "", words, alarms}, or null
//   passages: [{title, facts, take, source: addresses to be heard at or "", shown}]
//   again:    whether it may be written again without the passages
//   rank, reasons: its place among the takes, and [{words, fault}, ...]: what speaks for it or, as a fault, against it
// }, or null for none
// Events: `like` {id, liked}, `show_passage` {id, passage: index, or -1 for none}, `write_again` {id}.
// props.labels holds the words. Texts only ever go into textContent and attributes: titles come from strangers.

const find = (selector) => element.querySelector(selector);
const words = props.labels, panel = find(".judgement");
const NARROW = "(max-width: 640px)";
let value = null, folded = window.matchMedia(NARROW).matches;

function node(tag, className, text) {
  const one = document.createElement(tag);
  one.className = className;
  if (tag === "button") one.type = "button";
  if (text) one.textContent = text;
  return one;
}

// --- likes

const buttons = { 1: find(".like"), "-1": find(".dislike") };

function showLiked() {
  for (const [liked, button] of Object.entries(buttons)) {
    button.hidden = value.liked === null;
    button.setAttribute("aria-pressed", String(value.liked === Number(liked)));
  }
}

for (const [liked, button] of Object.entries(buttons)) {
  button.addEventListener("click", () => {
    const now = value.liked === Number(liked) ? 0 : Number(liked);
    document.dispatchEvent(new CustomEvent("studio-liked", { detail: { id: value.id, liked: now } }));
    trigger("like", { id: value.id, liked: now });
  });
}
// What is liked elsewhere on the page is liked here, and the other way round.
document.addEventListener("studio-liked", ({ detail }) => {
  if (!value || detail.id !== value.id) return;
  value.liked = detail.liked;
  showLiked();
});

// --- figures

function strip({ name, help, number, words: said, where, at }) {
  const row = node("li", where);
  const label = node("span", "name", name);
  if (help) label.title = help;
  const line = node("span", "strip");
  line.setAttribute("aria-hidden", "true");
  const band = (className, from, to) => {
    const part = node("i", className);
    Object.assign(part.style, { left: from + "%", width: to - from + "%" });
    line.append(part);
  };
  const mark = (className, where) => {
    const part = node("i", className);
    part.style.left = where + "%";
    line.append(part);
  };
  band("most", at.p5, at.p95);
  band("half", at.p25, at.p75);
  mark("median", at.p50);
  mark("dot", at.take);
  if (at.seed !== null) mark("ring", at.seed);
  row.append(label, node("span", "number", number), line, node("span", "said", said));
  return row;
}

// --- passages

function playable(address, label, card) {
  const button = node("button", "hear");
  const name = node("span", "", label);
  button.append(node("span", "icon"), name);
  button.address = address;
  button.addEventListener("click", () => {
    const sound = window.studioSound;
    if (sound.owner === button && sound.playing) sound.pause();
    else sound.play({ url: address, from: sound.owner === button ? sound.position() : 0, owner: button });
  });
  button.setAttribute("aria-label", label + ": " + card);
  return button;
}

function passage({ title, facts, take, source, shown }, index) {
  const row = node("li", "passage"), acts = node("div", "acts");
  const show = node("button", "show", words.show);
  show.setAttribute("aria-pressed", String(shown));
  show.setAttribute("aria-label", words.show + ": " + title + ", " + facts);
  show.addEventListener("click", () => {
    const now = show.getAttribute("aria-pressed") !== "true";
    for (const other of find(".passages").querySelectorAll(".show")) other.setAttribute("aria-pressed", "false");
    show.setAttribute("aria-pressed", String(now));
    trigger("show_passage", { id: value.id, passage: now ? index : -1 });
  });
  acts.append(show);
  if (take && window.studioSound) acts.append(playable(take, words.hear_take, title));
  if (source && window.studioSound) acts.append(playable(source, words.hear_source, title));
  row.append(node("strong", "title", title), node("span", "facts-line", facts), acts);
  return row;
}

function showPlaying() {
  const sound = window.studioSound;
  for (const button of element.querySelectorAll(".hear"))
    button.classList.toggle("playing", Boolean(sound && sound.playing && sound.owner === button));
}
document.addEventListener("studio-sound", showPlaying);

// --- all of it

function fold(now) {
  folded = now;
  find(".body").hidden = folded || !value || value.busy;
  find(".fold").setAttribute("aria-expanded", String(!folded));
}

function show() {
  const sound = window.studioSound, owner = sound && sound.owner;
  const before = value, given = props.value ? JSON.parse(props.value) : null;
  // What was said of a take stands until there is more to say of it: the page does not jump while it is changed.
  const stays = given && given.busy && before && !before.busy && before.id === given.id;
  value = stays ? before : given;
  panel.hidden = !value;
  if (!value || stays) return;
  find(".summary").textContent = value.summary;
  panel.classList.toggle("busy", value.busy);
  panel.dataset.verdict = value.verdict ? value.verdict.kind : "";
  find(".fold").disabled = value.busy;
  showLiked();
  fold(folded);
  if (value.busy) return;
  find(".strips").replaceChildren(...value.strips.map(strip));
  find(".legend").hidden = !value.strips.length;
  find(".of-seed-part").hidden = value.strips.every(({ at }) => at.seed === null);
  find(".about").textContent = value.about;
  find(".origin").hidden = !value.verdict;
  find(".verdict").textContent = value.verdict ? value.verdict.words : "";
  find(".alarms").textContent = value.verdict ? value.verdict.alarms : "";
  if (owner && element.contains(owner)) sound.stop();
  find(".passages").replaceChildren(...value.passages.map(passage));
  find(".nearest").hidden = !value.passages.length;
  if (!before || before.id !== value.id || before.busy) find(".nearest").open = Boolean(value.verdict) && value.verdict.kind === "copied";
  find(".write-again").hidden = !value.again;
  find(".rank").hidden = !value.reasons.length && !value.rank;
  find(".rank-heading").textContent = value.rank || words.reasons;
  find(".reasons").replaceChildren(...value.reasons.map(({ words: said, fault }) => node("li", fault ? "fault" : "", (fault ? "– " : "+ ") + said)));
  showPlaying();
}

panel.setAttribute("aria-label", words.name);
find(".likes").setAttribute("aria-label", words.likes);
for (const [selector, text] of [
  [".beside-heading", words.beside], [".of-take", words.of_take], [".of-seed", words.of_seed], [".of-half", words.of_half],
  [".of-most", words.of_most], [".origin-heading", words.origin], [".nearest summary", words.nearest], [".write-again", words.write_again],
])
  find(selector).textContent = text;
for (const [liked, label] of [["1", words.like], ["-1", words.dislike]]) {
  buttons[liked].setAttribute("aria-label", label);
  buttons[liked].title = label;
}
find(".fold").addEventListener("click", () => fold(!folded));
find(".write-again").addEventListener("click", () => trigger("write_again", { id: value.id }));

watch("value", show);
show();
element.dataset.ready = "true";
