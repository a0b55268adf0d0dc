// The player of one score: its piano roll with a playhead, and its sound.
//
// props.value = {
//   light, dark:  pictures of the roll (files with a `url`), or null
//   alt:          what the pictures show
//   audio:        the sound (a file with a `url`), or null while there is none
//   remark:       a sentence about the sound, or ""
//   mark:         seconds at which the new music starts, or null
//   timeline:     [[seconds, share of the picture's width], ...], or []
// }
// props.labels holds the words. Texts only ever go into textContent and attributes: names come from visitors.

const find = (selector) => element.querySelector(selector);
const player = find(".player"), roll = find(".roll"), sheet = find(".sheet"), playhead = find(".playhead");
const play = find(".play"), seek = find(".seek"), clock = find(".clock"), jump = find(".jump");
const remark = find(".remark"), audio = find("audio");
const words = props.labels;
let frame = 0;
let seeking = false;
let scrolled = null; // the picture that was scrolled to its new music
let playedTo = null; // seconds to play on from, when new music takes the place of what was playing

const duration = () => (Number.isFinite(audio.duration) ? audio.duration : 0);
const spoken = (seconds) =>
  Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");

// Piecewise linear from column `from` to column `to` of the timeline.
function along(position, from, to) {
  const line = (props.value && props.value.timeline) || [];
  for (let i = 1; i < line.length; i++) {
    const start = line[i - 1], end = line[i];
    if (position <= end[from] || i === line.length - 1) {
      const share = (position - start[from]) / (end[from] - start[from] || 1);
      return start[to] + Math.min(1, Math.max(0, share)) * (end[to] - start[to]);
    }
  }
  return null;
}

function followPlayhead() {
  const share = along(audio.currentTime, 0, 1);
  playhead.hidden = share === null || (audio.paused && !audio.currentTime);
  if (playhead.hidden) return;
  playhead.style.left = share * 100 + "%";
  const x = share * sheet.clientWidth;
  const outside = x < roll.scrollLeft || x > roll.scrollLeft + roll.clientWidth * 0.9;
  if (outside && !audio.paused) roll.scrollLeft = x - roll.clientWidth * 0.1;
}

// The picture's width says how much music there is: what does not nearly fit is not squeezed but scrolls, and new music
// is scrolled to.
function fit() {
  const picture = [...element.querySelectorAll("img")].find((image) => image.naturalWidth && image.offsetParent);
  if (!picture) return;
  const room = roll.clientWidth;
  const scale = room < 600 ? 2 : picture.naturalWidth / 1.65 > room ? 1.3 : 1.65;
  sheet.style.width = Math.max(room, picture.naturalWidth / scale) + "px";
  const start = along(props.value.mark || 0, 0, 1);
  if (scrolled !== props.value.light.url && audio.paused) roll.scrollLeft = start * sheet.clientWidth - room * 0.25;
  scrolled = props.value.light.url;
  followPlayhead();
}

function draw() {
  const now = audio.currentTime || 0;
  if (!seeking) seek.value = now;
  const times = spoken(now) + " / " + spoken(duration());
  clock.textContent = audio.src ? times : "";
  seek.setAttribute("aria-valuetext", times);
  followPlayhead();
}

function tick() {
  draw();
  frame = audio.paused ? 0 : requestAnimationFrame(tick);
}

function showState() {
  const playing = !audio.paused;
  player.classList.toggle("playing", playing);
  play.setAttribute("aria-label", (playing ? words.pause : words.play) + ": " + words.name);
  play.title = playing ? words.pause : words.play;
  cancelAnimationFrame(frame);
  tick();
}

function start() {
  for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  audio.play().catch((error) => {
    if (error.name !== "AbortError") say(words.failed);
  });
}

function say(text) {
  remark.textContent = text;
  remark.hidden = !text;
}

// Setting the same source again would stop the sound.
function setSource(target, file) {
  const url = file ? file.url : "";
  if ((target.getAttribute("src") || "") === url) return;
  if (url) target.setAttribute("src", url);
  else target.removeAttribute("src");
  if (target === audio) audio.load();
}

function show() {
  const value = props.value || {};
  setSource(find(".on-light"), value.light);
  setSource(find(".on-dark"), value.dark);
  for (const picture of element.querySelectorAll("img")) picture.alt = value.alt || "";
  roll.hidden = !value.light;
  roll.setAttribute("aria-label", value.alt || words.name);
  player.hidden = !value.light && !value.audio;
  // Another take of the same music: whoever listens goes on listening, where they are.
  const another = (audio.getAttribute("src") || "") !== (value.audio ? value.audio.url : "");
  if (another && !audio.paused && typeof value.mark === "number") playedTo = audio.currentTime;
  setSource(audio, value.audio);
  play.disabled = seek.disabled = !value.audio;
  jump.hidden = !value.audio || value.mark === null || value.mark === undefined;
  say(value.remark || "");
  showState();
}

play.addEventListener("click", () => (audio.paused ? start() : audio.pause()));
jump.textContent = words.new;
jump.addEventListener("click", () => {
  audio.currentTime = props.value.mark;
  start();
});
seek.setAttribute("aria-label", words.seek + ": " + words.name);
seek.addEventListener("input", () => {
  seeking = true;
  audio.currentTime = Number(seek.value);
});
seek.addEventListener("change", () => (seeking = false));
sheet.addEventListener("click", (event) => {
  const box = sheet.getBoundingClientRect();
  const seconds = along((event.clientX - box.left) / box.width, 1, 0);
  if (seconds === null || !audio.src) return;
  audio.currentTime = seconds;
  draw();
});
audio.addEventListener("loadedmetadata", () => {
  seek.max = duration();
  if (playedTo !== null) {
    audio.currentTime = Math.min(playedTo, duration());
    playedTo = null;
    start();
  }
  draw();
});
for (const picture of element.querySelectorAll("img")) picture.addEventListener("load", fit);
new ResizeObserver(() => fit()).observe(roll);
for (const name of ["play", "pause", "ended", "seeked"]) audio.addEventListener(name, showState);
audio.addEventListener("error", () => {
  if (audio.getAttribute("src")) say(words.failed);
});

watch("value", show);
show();
element.dataset.ready = "true";
