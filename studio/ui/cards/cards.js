// Takes side by side: each a picture, a name, a line of facts, and what can be done with it.
//
// props.value = JSON text of {
//   cards:    [{id, title, facts, look (see look.js), kept, sound: address of its music or "", place: "Best" or "",
//             reasons: [[why it stands where it does, in words; whether that is a fault], ...]}, ...]; one that is
//             still being written has no id yet
//   shown:    the id of the one that is shown
//   keepable: whether takes can be kept
// }, or null for none
// Events, each with {id}: `choose` (show it), `keep` (with `kept`), `from_here`.
// props.labels holds the words. Texts only ever go into textContent and attributes: names come from visitors.

const list = element.querySelector(".take-cards");
const words = props.labels;
const made = new Map(); // id -> the card's parts: they stay, so that what plays plays on
list.setAttribute("aria-label", words.list);

function node(tag, className, text) {
  const one = document.createElement(tag);
  one.className = className;
  if (tag === "button") one.type = "button";
  if (text) one.textContent = text;
  return one;
}

function makeCard(id) {
  const card = node("li", "take-card");
  const face = node("button", "face");
  const picture = thumbnail();
  const title = node("span", "title");
  const facts = node("span", "facts-line");
  const place = node("span", "place");
  const head = node("span", "head");
  head.append(title, place);
  face.append(picture, head, facts);
  const reasons = node("ul", "reasons");
  const play = node("button", "play");
  play.append(node("span", "icon"));
  const keep = node("button", "keep");
  keep.append(node("span", "star"), node("span", "word", words.keep));
  keep.title = words.keep;
  const go = node("button", "from-here", words.from_here);
  const acts = node("div", "acts");
  acts.append(play, keep, go);
  card.append(face, reasons, acts);
  const parts = { id, card, face, picture, title, place, facts, reasons, play, keep, go };
  face.addEventListener("click", () => {
    markShown(id);
    trigger("choose", { id });
  });
  keep.addEventListener("click", () => {
    const kept = keep.getAttribute("aria-pressed") !== "true";
    document.dispatchEvent(new CustomEvent("studio-kept", { detail: { id, kept } }));
    trigger("keep", { id, kept });
  });
  go.addEventListener("click", () => trigger("from_here", { id }));
  play.addEventListener("click", () => playOrPause(parts));
  return parts;
}

function playOrPause(parts) {
  const sound = window.studioSound;
  if (!sound) return;
  const mine = sound.owner === parts.card;
  if (mine && sound.playing) sound.pause();
  else sound.play({ url: parts.sound, from: mine ? sound.position() : 0, owner: parts.card });
}

function showPlaying() {
  const sound = window.studioSound;
  for (const { card, play, name } of made.values()) {
    const playing = Boolean(sound && sound.playing && sound.owner === card);
    card.classList.toggle("playing", playing);
    play.setAttribute("aria-label", (playing ? words.pause : words.play) + ": " + name);
    play.title = playing ? words.pause : words.play;
  }
}

function markShown(id) {
  for (const parts of made.values()) {
    if (parts.id === id) parts.face.setAttribute("aria-current", "true");
    else parts.face.removeAttribute("aria-current");
    parts.card.classList.toggle("shown", parts.id === id);
  }
}

function fill(parts, told, keepable) {
  parts.card.classList.toggle("pending", !told.id);
  parts.face.disabled = !told.id;
  parts.name = told.title;
  parts.sound = told.sound;
  parts.title.textContent = told.title;
  parts.facts.textContent = told.facts;
  parts.place.textContent = told.place;
  parts.place.hidden = !told.place;
  parts.card.classList.toggle("best", Boolean(told.place));
  parts.reasons.replaceChildren(...told.reasons.map(([reason, fault]) => node("li", fault ? "reason fault" : "reason", reason)));
  parts.reasons.hidden = !told.reasons.length;
  drawLook(parts.picture, told.look);
  parts.face.setAttribute("aria-label", words.show.replace("{title}", told.title) + ": " + [told.facts, told.place].filter(Boolean).join(", "));
  parts.play.hidden = !told.sound || !window.studioSound;
  parts.keep.hidden = !keepable;
  parts.keep.setAttribute("aria-pressed", String(told.kept));
  parts.keep.setAttribute("aria-label", words.keep + ": " + told.title);
  parts.go.setAttribute("aria-label", words.from_here + ": " + told.title);
}

function show() {
  const value = props.value ? JSON.parse(props.value) : { cards: [] };
  const ids = new Set(value.cards.map((card) => card.id));
  for (const [id, parts] of made) {
    if (ids.has(id)) continue;
    if (window.studioSound && window.studioSound.owner === parts.card) window.studioSound.stop();
    parts.card.remove();
    made.delete(id);
  }
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  value.cards.forEach((told, i) => {
    if (!made.has(told.id)) made.set(told.id, makeCard(told.id));
    const parts = made.get(told.id);
    fill(parts, told, value.keepable);
    if (list.children[i] !== parts.card) list.insertBefore(parts.card, list.children[i] || null);
  });
  // A card that is moved loses the focus.
  if (focused && focused.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
  list.hidden = !value.cards.length;
  markShown(value.shown);
  showPlaying();
}

document.addEventListener("studio-sound", showPlaying);
// What is kept here is kept in the history as well, and the other way round.
document.addEventListener("studio-kept", ({ detail }) => {
  const parts = made.get(detail.id);
  if (parts) parts.keep.setAttribute("aria-pressed", String(detail.kept));
});

watch("value", () => {
  show();
  // Not while a take is being written: each event costs the page a moment in which nothing sounds yet.
  if (!props.value || JSON.parse(props.value).shown) trigger("settled");
});
show();
element.dataset.ready = "true";
