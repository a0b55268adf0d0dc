// Colours of the canvas, by day and by night; those of the tracks are told apart by the colour-blind too
// (after Okabe and Ito, 2008). The same as in the pictures that the studio saves.

const DAY = {
  paper: "#ffffff", blackRow: "#f5f4f1", past: "#ebe8e1", step: "#f0ede7", beat: "#e2ded6", bar: "#bdb7ab", ink: "#1f1d1a",
  soft: "#57524a", accent: "#0f766e", white: "#ffffff", black: "#34312d", onWhite: "#57524a", chosen: "rgba(15, 118, 110, 0.13)",
  fresh: "rgba(15, 118, 110, 0.07)", marked: "#a3195b", passage: "rgba(163, 25, 91, 0.10)",
  tracks: ["#0072b2", "#d55e00", "#009e73", "#c2629b", "#b37a00", "#3aa0dd", "#7a3b8f", "#4d4d4d"],
};
const NIGHT = {
  paper: "#201e1b", blackRow: "#1a1816", past: "#2b2824", step: "#2a2723", beat: "#37332e", bar: "#5c564d", ink: "#f1eee8",
  soft: "#b9b3a8", accent: "#5eead4", white: "#cfcac0", black: "#201e1b", onWhite: "#3a3731", chosen: "rgba(94, 234, 212, 0.15)",
  fresh: "rgba(94, 234, 212, 0.07)", marked: "#ff9ecb", passage: "rgba(255, 158, 203, 0.13)",
  tracks: ["#56b4e9", "#f59a4a", "#3ccf9e", "#e79ac6", "#f0e442", "#8fa8ff", "#ff7f6e", "#d8d4cc"],
};
const LEVELS = 8; // of loudness

const theme = () => (document.body.classList.contains("dark") ? NIGHT : DAY);
const trackColour = (index) => theme().tracks[index % theme().tracks.length];

function mixed(colour, ground, share) {
  const part = (text, i) => parseInt(text.slice(1 + 2 * i, 3 + 2 * i), 16);
  const parts = [0, 1, 2].map((i) => Math.round(part(colour, i) * share + part(ground, i) * (1 - share)));
  return "rgb(" + parts.join(",") + ")";
}

// Fills of a track's notes by loudness: {solid: [...], pale: [...], edge}; the louder the stronger.
function shades(index, faded) {
  const { paper, ink } = theme();
  const colour = faded ? fadedColour(index) : trackColour(index);
  const levels = Array.from({ length: LEVELS }, (_, i) => (i + 0.5) / LEVELS);
  return {
    solid: levels.map((loud) => mixed(colour, paper, 0.42 + 0.58 * loud)),
    pale: levels.map((loud) => mixed(colour, paper, 0.1 + 0.3 * loud)),
    edge: faded ? colour : mixed(colour, ink, 0.85),
  };
}

// Of a track that is not heard.
function fadedColour(index) {
  const rgb = mixed(trackColour(index), theme().paper, 0.25).match(/\d+/g);
  return "#" + rgb.map((part) => Number(part).toString(16).padStart(2, "0")).join("");
}
