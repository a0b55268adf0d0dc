// A blind listening test: consent, one question after the other, the results.
//
// props.value = JSON text of one of these, or null for none
//   {state: "welcome", about}
//   {state: "question", key, asked: "prefer" | "person", number, total, names: "AB", tie, whole, lead_s, least_s,
//     length_s}: each has to be heard for least_s seconds, or to its end
//   {state: "done", thanks, counted, left_out, parts: [{title, right, even, rows: [{name, chosen, share, strength}]}]};
//     share and strength are {at, low, high} from 0 to 1, or null
// Events: `agree`, `vote` {key, choice: place from 0 or null, heard: seconds of each}, `finish`, `withdraw`, `csv` {what}
// props.labels holds the words. Texts only ever go into textContent and attributes.

const box = element.querySelector(".blind");
const words = props.labels;
const STEP = 0.25; // seconds of music that count as heard at a time
let asked = null; // the question, with the parts of what can be heard

const said = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function node(tag, className, text) {
  const one = document.createElement(tag);
  if (className) one.className = className;
  if (tag === "button") one.type = "button";
  if (text) one.textContent = text;
  return one;
}

function button(className, text, work) {
  const one = node("button", className, text);
  one.addEventListener("click", work);
  return one;
}

// The heading of what is there now; whoever acts by keyboard or hears the page is led to it.
function heading(text) {
  const one = node("h3", "ask", text);
  one.tabIndex = -1;
  return one;
}

// --- before and after

function welcome(value) {
  const agree = button("main", words.agree, () => trigger("agree", {}));
  return [heading(words.heading), node("p", "", value.about), node("p", "aside", words.consent), acts(agree)];
}

function acts(...buttons) {
  const row = node("div", "acts");
  row.append(...buttons);
  return row;
}

// Deleting is asked for twice.
function withdrawal() {
  const one = button("quiet", words.withdraw, () => {
    if (one.dataset.sure) return void trigger("withdraw", {});
    one.dataset.sure = "true";
    one.textContent = words.withdraw_sure;
  });
  return one;
}

function done(value) {
  const parts = [heading(words.results), node("p", "", value.thanks), node("p", "aside", value.counted)];
  if (value.left_out) parts.push(node("p", "aside", value.left_out));
  for (const part of value.parts) parts.push(...results(part));
  if (value.parts.length) parts.push(node("p", "aside", words.how_to_read));
  const take = ["votes", "results"].map((what) => button("", words["csv_" + what], () => trigger("csv", { what })));
  parts.push(acts(...(value.parts.length ? take : []), withdrawal()));
  return parts;
}

function results(part) {
  const table = node("table", "standings");
  const head = node("tr");
  const strong = part.rows.some((row) => row.strength);
  for (const name of ["system", "chosen", "share", ...(strong ? ["strength"] : [])]) {
    const cell = node("th", "", words["column_" + name]);
    cell.scope = "col";
    head.append(cell);
  }
  const rows = part.rows.map((row) => {
    const line = node("tr"), name = node("th", "", row.name);
    name.scope = "row";
    line.append(name, node("td", "", row.chosen), range(row.share, part.even));
    if (strong) line.append(range(row.strength, 0.5));
    return line;
  });
  const top = node("thead"), body = node("tbody"), wide = node("div", "wide-table");
  top.append(head);
  body.append(...rows);
  table.append(node("caption", "", part.title), top, body);
  wide.append(table);
  // Where it is wider than the screen, it is moved by keyboard as well.
  wide.tabIndex = 0;
  wide.setAttribute("role", "region");
  wide.setAttribute("aria-label", part.title);
  return [wide, ...(part.right ? [node("p", "", part.right)] : [])];
}

// A share as a number and as a dot on its interval; the line in the middle is what chance would give.
function range(share, even) {
  const cell = node("td", "range");
  if (!share) return cell;
  const percent = (number) => Math.round(100 * number) + " %";
  const text = said("range", { at: percent(share.at), low: percent(share.low), high: percent(share.high) });
  const strip = node("span", "strip"), span = node("span", "span"), dot = node("span", "dot"), line = node("span", "even");
  strip.setAttribute("aria-hidden", "true");
  line.style.left = 100 * even + "%";
  span.style.left = 100 * share.low + "%";
  span.style.right = 100 - 100 * share.high + "%";
  dot.style.left = 100 * share.at + "%";
  strip.append(line, span, dot);
  cell.append(node("span", "number", text), strip);
  return cell;
}

// --- a question

function question(value) {
  const { names, asked: kind } = value;
  asked = { ...value, parts: [...names].map((name, place) => piece(name, place, value)) };
  const row = node("div", "pieces");
  row.append(...asked.parts.map((part) => part.card));
  asked.status = node("p", "status");
  asked.status.setAttribute("aria-hidden", "true");
  asked.spoken = node("p", "spoken");
  asked.spoken.setAttribute("role", "status");
  asked.none = button("answer", words.no_difference, () => vote(null));
  const progress = node("p", "aside", said("number", { number: value.number, total: value.total }));
  const same = node("p", "aside", said("same", { seconds: Math.round(value.lead_s) }));
  const keys = node("p", "aside keys", value.tie ? words.keys_tie : words.keys);
  const end = acts(button("quiet", words.finish, () => trigger("finish", {})), withdrawal());
  const parts = [progress, heading(words[kind]), same, row];
  if (value.tie) parts.push(acts(asked.none));
  look();
  return [...parts, asked.status, asked.spoken, keys, end];
}

function piece(name, place, value) {
  const card = node("div", "piece");
  const play = button("play", "", () => hear(place));
  const bar = node("span", "bar"), fill = node("span", "fill");
  const choose = button("answer", said(value.asked + "_this", { name }), () => vote(place));
  bar.setAttribute("aria-hidden", "true");
  bar.append(fill);
  play.append(node("span", "icon"), node("span", "word"));
  card.append(node("h4", "", name), play, bar, choose);
  return { name, place, card, play, fill, choose, heard: new Set(), url: `listening/${value.key}/${place}` };
}

const mine = (part) => window.studioSound && studioSound.owner === part.card;
const seconds = (part) => part.heard.size * STEP;

function hear(place) {
  const part = asked.parts[place];
  if (mine(part) && studioSound.playing) return studioSound.pause();
  const from = mine(part) && studioSound.position() < asked.length_s - 0.3 ? studioSound.position() : 0;
  studioSound.play({ url: part.url, from, owner: part.card });
}

// How much has to be heard before an answer counts: a part, or once in a while all of it.
const wanted = () => (asked.whole ? asked.length_s - 1 : asked.least_s);

function look() {
  if (!asked) return;
  let lacking = null;
  for (const part of asked.parts) {
    const playing = mine(part) && studioSound.playing;
    if (playing && !studioSound.stalled) part.heard.add(Math.floor(studioSound.position() / STEP));
    part.card.classList.toggle("playing", Boolean(playing));
    const word = said(playing ? "pause" : "play", { name: part.name });
    if (part.word !== word) {
      part.play.querySelector(".word").textContent = part.word = word;
    }
    const at = mine(part) ? studioSound.position() : 0;
    part.fill.style.width = Math.min(100, (100 * at) / asked.length_s) + "%";
    if (!lacking && seconds(part) < wanted()) lacking = part;
  }
  for (const one of [asked.none, ...asked.parts.map((part) => part.choose)]) one.disabled = Boolean(lacking);
  const left = lacking ? Math.ceil(wanted() - seconds(lacking)) : 0, begun = lacking && seconds(lacking) > 0;
  const told = lacking ? said(begun ? "listen_on" : "listen", { name: lacking.name, seconds: left }) : words.ready;
  if (asked.status.textContent !== told) asked.status.textContent = told;
  // Not every second: whoever hears the page would hear nothing else.
  const state = lacking ? lacking.name + begun : "ready";
  if (state !== asked.state) {
    asked.state = state;
    asked.spoken.textContent = told;
  }
}

function vote(choice) {
  if (!asked || asked.none.disabled) return;
  trigger("vote", { key: asked.key, choice, heard: asked.parts.map(seconds) });
}

box.addEventListener("keydown", (event) => {
  if (!asked || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toUpperCase(), place = asked.names.indexOf(key), number = Number(event.key);
  if (key.length === 1 && place >= 0) hear(place);
  else if (event.key === "0" && asked.tie) vote(null);
  else if (number >= 1 && number <= asked.parts.length) vote(number - 1);
  else return;
  event.preventDefault();
});

// --- all of it

const STATES = { welcome, question, done };

function show() {
  const value = props.value ? JSON.parse(props.value) : null;
  // The same question, to be heard to the end this once.
  if (asked && value && value.key === asked.key) {
    asked.whole = value.whole;
    asked.state = null;
    return look();
  }
  if (asked && asked.parts.some(mine)) studioSound.stop();
  asked = null;
  const led = box.contains(document.activeElement);
  box.replaceChildren(...(value ? STATES[value.state](value) : []));
  box.hidden = !value;
  box.dataset.state = value ? value.state : "";
  if (led) box.querySelector(".ask").focus();
}

document.addEventListener("studio-sound", look);
setInterval(look, 100);
watch("value", show);
show();
element.dataset.ready = "true";
