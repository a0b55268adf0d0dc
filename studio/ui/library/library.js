// The library: sections of cards, each a picture, a name, why it is here, and what can be done with it.
//
// props.value = JSON text of {
//   sections: [{name, title, note, cards: [{id, title, facts, look (see look.js), liked: -1, 0 or 1, why}, ...]}, ...]
//   next:     [{text, why, verb, fields}, ...]: what to ask for next
//   likeable: whether likes are kept
// }, or null for none
// Events: `wanted` (it has come into view, or new suggestions are asked for), `like` {id, liked}, `hear` {id},
// `from_here` {id}, `set_up` {verb, fields}. props.labels holds the words. What is to be heard comes as the event
// "studio-heard" {id, url} of the document. Texts only ever go into textContent and attributes: names come from visitors.

const words = props.labels;
const find = (selector) => element.querySelector(selector);
const FEW = 9; // cards of a section that are shown at first
const ICONS = {
  1: "M6.5 9 9.8 2.6c1.6 0 2.4 1 2.1 2.6L11.3 8h4.2c1.2 0 2 1 1.7 2.2l-1.4 5.4c-.2.9-1 1.4-1.8 1.4H6.5zM3 9h3.5v8H3z",
  "-1": "M6.5 11l3.3 6.4c1.6 0 2.4-1 2.1-2.6L11.3 12h4.2c1.2 0 2-1 1.7-2.2l-1.4-5.4c-.2-.9-1-1.4-1.8-1.4H6.5zM3 11h3.5V3H3z",
};
const made = new Map(); // section/id -> the card's parts: they stay, so that what plays plays on
const sections = new Map(); // name -> its parts
let likeable = false, asked = null;

function node(tag, className, text) {
  const one = document.createElement(tag);
  one.className = className;
  if (tag === "button") one.type = "button";
  if (text) one.textContent = text;
  return one;
}

// --- cards

function thumb(parts, liked) {
  const button = node("button", liked > 0 ? "like" : "dislike");
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  picture.setAttribute("viewBox", "0 0 20 20");
  picture.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[liked]);
  picture.append(path);
  button.append(picture);
  button.title = liked > 0 ? words.like : words.dislike;
  button.addEventListener("click", () => {
    const now = parts.liked === liked ? 0 : liked;
    document.dispatchEvent(new CustomEvent("studio-liked", { detail: { id: parts.id, liked: now } }));
    trigger("like", { id: parts.id, liked: now });
  });
  return button;
}

function makeCard(id) {
  const card = node("li", "take-card");
  const face = node("div", "face");
  const parts = { id, card, picture: thumbnail(), title: node("span", "title"), facts: node("span", "facts-line"), why: node("span", "why") };
  face.append(parts.picture, parts.title, parts.why, parts.facts);
  parts.play = node("button", "play");
  parts.play.append(node("span", "icon"));
  parts.play.addEventListener("click", () => playOrPause(parts));
  parts.like = thumb(parts, 1);
  parts.dislike = thumb(parts, -1);
  parts.go = node("button", "reuse", words.from_here);
  parts.go.addEventListener("click", () => trigger("from_here", { id: parts.id }));
  const acts = node("div", "acts");
  acts.append(parts.play, parts.like, parts.dislike, parts.go);
  card.append(face, acts);
  return parts;
}

function fill(parts, told) {
  Object.assign(parts, { id: told.id, name: told.title });
  parts.title.textContent = told.title;
  parts.facts.textContent = told.facts;
  parts.why.textContent = told.why;
  parts.why.hidden = !told.why;
  drawLook(parts.picture, told.look);
  parts.go.setAttribute("aria-label", words.from_here + ": " + told.title);
  parts.like.setAttribute("aria-label", words.like + ": " + told.title);
  parts.dislike.setAttribute("aria-label", words.dislike + ": " + told.title);
  parts.play.hidden = !window.studioSound;
  showLiked(parts, told.liked);
}

function showLiked(parts, liked) {
  parts.liked = liked;
  for (const [button, sign] of [[parts.like, 1], [parts.dislike, -1]]) {
    button.hidden = !likeable;
    button.setAttribute("aria-pressed", String(liked === sign));
  }
}

// --- sound

function playOrPause(parts) {
  const sound = window.studioSound;
  if (!sound) return;
  if (sound.owner !== parts.card) {
    asked = parts;
    trigger("hear", { id: parts.id });
  } else if (sound.playing) sound.pause();
  else sound.play({ url: parts.url, from: sound.position(), owner: parts.card });
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

document.addEventListener("studio-sound", showPlaying);
document.addEventListener("studio-heard", ({ detail }) => {
  if (!asked || asked.id !== detail.id || !element.isConnected) return;
  asked.url = detail.url;
  window.studioSound.play({ url: detail.url, from: 0, owner: asked.card });
  asked = null;
});
// What is liked elsewhere on the page is liked here, and the other way round.
document.addEventListener("studio-liked", ({ detail }) => {
  for (const parts of made.values()) if (parts.id === detail.id) showLiked(parts, detail.liked);
});

// --- sections

function makeSection(told) {
  const first = told.name === "for_you";
  const box = first ? node("section", "shelf") : node("details", "shelf");
  const title = node("h3", ""), note = node("p", "note"), list = node("ul", "take-cards"), more = node("button", "more");
  box.dataset.name = told.name;
  if (first) {
    const head = node("div", "head"), again = node("button", "again", words.again);
    again.addEventListener("click", () => trigger("wanted"));
    head.append(title, again);
    box.append(head);
  } else {
    const summary = node("summary", "");
    summary.append(title);
    box.append(summary);
  }
  box.append(note, list, more);
  const parts = { box, title, note, list, more, all: false };
  more.addEventListener("click", () => {
    parts.all = true;
    for (const card of list.children) card.hidden = false;
    more.hidden = true;
    list.children[FEW].querySelector("button").focus();
  });
  find(".sections").append(box);
  return parts;
}

function showSection(told, seen) {
  if (!sections.has(told.name)) sections.set(told.name, makeSection(told));
  const { title, note, list, more, all } = sections.get(told.name);
  title.textContent = told.title;
  note.textContent = told.note;
  note.hidden = !told.note;
  list.setAttribute("aria-label", told.title);
  told.cards.forEach((card, i) => {
    const key = told.name + "/" + card.id;
    seen.add(key);
    if (!made.has(key)) made.set(key, makeCard(card.id));
    const parts = made.get(key);
    fill(parts, card);
    parts.card.hidden = !all && i >= FEW;
    if (list.children[i] !== parts.card) list.insertBefore(parts.card, list.children[i] || null);
  });
  list.hidden = !told.cards.length;
  more.textContent = words.more.replace("{count}", told.cards.length);
  more.hidden = all || told.cards.length <= FEW;
}

function nextRow(told) {
  const row = node("li", ""), text = node("span", "text"), set = node("button", "set", words.set);
  text.append(node("b", "", told.text), node("span", "why", told.why));
  set.setAttribute("aria-label", words.set + ": " + told.text);
  set.addEventListener("click", () => {
    trigger("set_up", { verb: told.verb, fields: told.fields });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.querySelector("#settings")?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  });
  row.append(text, set);
  return row;
}

function show() {
  if (!props.value) return;
  const value = JSON.parse(props.value), seen = new Set();
  likeable = value.likeable;
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  for (const told of value.sections) showSection(told, seen);
  for (const [key, parts] of made) {
    if (seen.has(key)) continue;
    if (window.studioSound && window.studioSound.owner === parts.card) window.studioSound.stop();
    parts.card.remove();
    made.delete(key);
  }
  // A card that is moved loses the focus.
  if (focused && focused.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
  find(".next h3").textContent = words.next;
  find(".next ul").replaceChildren(...value.next.map(nextRow));
  find(".next").hidden = !value.next.length;
  find(".library").setAttribute("aria-busy", "false");
  showPlaying();
}

watch("value", show);
show();
// Whoever comes back to it finds it as it is by then.
new IntersectionObserver((entries) => {
  if (entries.at(-1).isIntersecting) trigger("wanted");
}).observe(find(".library"));
element.dataset.ready = "true";
