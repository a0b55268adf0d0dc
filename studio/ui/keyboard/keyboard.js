// A keyboard to play a melody on. props.labels are the words; after `submit` props.value is JSON for Python:
// {"qpm", "metre": [beats, unit], "program", "notes": [[onset, pitch, duration, velocity], ...]} in quarters.

const find = (selector) => element.querySelector(selector);
const words = props.labels;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));

// quarters: 16th, eighth, dotted eighth, quarter, dotted quarter, half, dotted half, whole
const LENGTHS = [[0.25, "16th"], [0.5, "eighth"], [0.75, "dotted_eighth"], [1, "quarter"], [1.5, "dotted_quarter"], [2, "half"], [3, "dotted_half"], [4, "whole"]];

let notes = []; // what was played, as it is handed over
let recording = null;
let steps = null; // while notes are entered step by step
let timers = [];

const tempo = () => Math.max(40, Math.min(240, Math.round(Number(find(".tempo input").value)) || 100));
const metre = () => find(".metre select").value.split("/").map(Number);
const chosen = () => Number(find(".length select").value);
const stepping = () => find(".by-step").getAttribute("aria-pressed") === "true";
const sound = (query) => {
  if (window.studioSound) window.studioSound.audition(`sound/note?${query}`);
};

const piano = new Piano(find(".piano"), (pitch, velocity) => {
  sound(`program=0&pitch=${pitch}&velocity=${velocity}`);
  if (recording) recording.down(pitch, velocity, performance.now());
  else if (stepping()) {
    steps = steps || new Steps(notes);
    steps.down(pitch, velocity, chosen());
    show();
  }
}, (pitch) => {
  if (recording) recording.up(pitch, performance.now());
  else if (steps) steps.up(pitch, chosen());
});

// --- in time

function record() {
  const [beats, unit] = metre();
  const qpm = tempo();
  // Dotted quarters are counted where three eighths make a beat.
  const beat = unit === 8 ? 1.5 : 4 / unit;
  const count = Math.round((beats * 4) / unit / beat);
  const lasts = (beat * 60000) / qpm;
  const firstBeat = performance.now() + 150 + count * lasts;
  steps = null;
  notes = [];
  recording = new Recording(qpm, firstBeat);
  find(".record").textContent = words.stop;
  find(".record").classList.add("on");
  find(".piano").focus({ preventScroll: true });
  let at = -count;
  const tick = () => {
    const down = ((at % count) + count) % count === 0;
    if (at < 0) say(fill(words.count_in, { left: -at }));
    else if (down) say(fill(words.recording, { bar: at / count + 1 }));
    if (at < 0 || find(".clicks input").checked) sound(`drum=1&pitch=${down ? 76 : 77}&velocity=${down ? 110 : 80}`);
    at += 1;
    if (at * lasts > LONGEST_MS) stop();
    else timers = [setTimeout(tick, Math.max(0, firstBeat + at * lasts - performance.now()))];
  };
  timers = [setTimeout(tick, Math.max(0, firstBeat + at * lasts - performance.now()))];
  show();
  requestAnimationFrame(follow);
}

function follow() {
  if (!recording || !element.isConnected) return;
  drawn([...recording.notes, ...[...recording.held].map(([pitch, [onset, velocity]]) => [onset, pitch, recording.at(performance.now()) - onset, velocity])], recording.at(performance.now()));
  requestAnimationFrame(follow);
}

function stop() {
  if (!recording) return;
  timers.forEach(clearTimeout);
  notes = recording.stop(performance.now());
  recording = null;
  find(".record").classList.remove("on");
  show();
}

// --- what is seen

function say(text) {
  find(".status").textContent = text;
}

function drawn(shown, now) {
  const strip = find(".strip");
  for (const old of strip.querySelectorAll(".note")) old.remove();
  const end = Math.max(8, now || 0, ...shown.map(([onset, , duration]) => onset + duration));
  const pitches = shown.map((note) => note[1]);
  const low = Math.min(...pitches, 60) - 1;
  const rows = Math.max(...pitches, 72) + 2 - low;
  for (const [onset, pitch, duration] of shown) {
    const bar = document.createElement("div");
    bar.className = "note";
    bar.style.left = `${(onset / end) * 100}%`;
    bar.style.width = `${(Math.max(0.1, duration) / end) * 100}%`;
    bar.style.bottom = `${((pitch - low) / rows) * 100}%`;
    strip.append(bar);
  }
  find(".now").hidden = now === undefined;
  find(".now").style.left = `${(Math.max(0, now || 0) / end) * 100}%`;
}

function show() {
  const busy = recording !== null;
  find(".rest").hidden = find(".length").hidden = !stepping();
  find(".record").hidden = find(".clicks").hidden = stepping();
  find(".record").textContent = busy ? words.stop : words.record;
  find(".undo").hidden = !stepping();
  find(".undo").disabled = !steps || !steps.places.length;
  find(".empty").disabled = find(".use").disabled = busy || !notes.length;
  for (const field of element.querySelectorAll(".tempo input, .metre select, .modes button")) field.disabled = busy;
  if (!busy) {
    drawn(notes);
    const last = notes.slice(-8).map((note) => nameOf(note[1])).join(" ");
    if (notes.length) say(fill(notes.length === 1 ? words.played_one : words.played, { notes: notes.length, last }));
    else say(stepping() ? words.ready_step : words.ready);
  }
}

function mode(step) {
  find(".by-step").setAttribute("aria-pressed", String(step));
  find(".in-time").setAttribute("aria-pressed", String(!step));
  steps = step ? new Steps(notes) : null;
  show();
}

// --- what is clicked

const click = (selector, work) => find(selector).addEventListener("click", work);
click(".in-time", () => mode(false));
click(".by-step", () => mode(true));
click(".record", () => (recording ? stop() : record()));
click(".rest", () => {
  steps = steps || new Steps(notes);
  steps.rest(chosen());
  show();
});
click(".undo", () => {
  if (steps) steps.undo();
  show();
});
click(".empty", () => {
  notes = [];
  steps = stepping() ? new Steps(notes) : null;
  show();
});
click(".down", () => piano.move(-1));
click(".up", () => piano.move(1));
click(".midi", async () => {
  try {
    await piano.connect((count) => say(count ? fill(words.midi_found, { count }) : words.midi_none));
  } catch {
    say(words.midi_refused);
  }
});
click(".use", () => {
  props.value = JSON.stringify({ qpm: tempo(), metre: metre(), program: 0, notes });
  trigger("submit");
});
for (const kind of ["keydown", "keyup"]) {
  find(".piano").addEventListener(kind, (event) => {
    if (piano.type(event)) event.preventDefault();
    else if (kind === "keydown" && event.code === "Escape") stop();
  });
}

// --- the words

find(".in-time").textContent = words.in_time;
find(".by-step").textContent = words.by_step;
find(".tempo span").textContent = words.tempo;
find(".metre span").textContent = words.metre;
find(".length span").textContent = words.length;
find(".clicks span").textContent = words.clicks;
find(".rest").textContent = words.rest;
find(".undo").textContent = words.undo;
find(".empty").textContent = words.empty;
find(".midi").textContent = words.midi;
find(".use").textContent = words.use;
find(".help").textContent = words.help;
find(".modes").setAttribute("aria-label", words.mode);
find(".piano").setAttribute("aria-label", words.piano);
find(".down").setAttribute("aria-label", words.lower);
find(".up").setAttribute("aria-label", words.higher);
find(".length select").replaceChildren(...LENGTHS.map(([quarters, name]) => new Option(words[name], quarters, false, quarters === 1)));
if (!navigator.requestMIDIAccess) {
  find(".midi").hidden = true;
  find(".help").textContent += ` ${words.midi_missing}`;
}
show();
find(".keyboard").dataset.ready = "true";
