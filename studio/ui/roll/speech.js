// What is said of notes and places, in words: the line under the canvas, which screen readers hear.

const STEPS = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const LENGTHS = [[4, "whole"], [2, "half"], [1, "quarter"], [1 / 2, "eighth"], [1 / 4, "sixteenth"], [1 / 8, "thirty_second"]];

// A sentence with its {names} filled in.
const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
const pitchName = (pitch) => STEPS[pitch % 12] + (Math.floor(pitch / 12) - 1);

function createSpeech(roll) {
  const { music, words } = roll;
  const fingers = () => window.matchMedia("(pointer: coarse)").matches;

  function length(ticks) {
    const quarters = ticks / music.resolution;
    for (const [size, name] of LENGTHS) {
      if (Math.abs(quarters - size) < 1e-3) return words[name];
      if (Math.abs(quarters - size * 1.5) < 1e-3) return filled(words.dotted, { length: words[name] });
      if (Math.abs(quarters - (size * 2) / 3) < 1e-3) return filled(words.triplet, { length: words[name] });
    }
    return filled(words.quarters, { count: Math.round(quarters * 100) / 100 });
  }

  function place(tick) {
    const bar = music.barAt(tick), beat = (tick - bar.start) / music.beat(bar) + 1;
    return filled(words.place, { bar: bar.index + 1, beat: Math.round(beat * 100) / 100 });
  }

  const named = (pitch, drum) => (drum ? roll.drumName(pitch) : pitchName(pitch));

  function note(n) {
    const said = [named(n.pitch, music.tracks[n.track].drum), place(n.onset), length(n.duration), roll.trackName(n.track)];
    if (music.parted) said.push(n.state & NEW ? words.is_new : words.is_seed);
    if (n.state & LOCKED) said.push(words.is_locked);
    if (n.state & MARKED) said.push(words.is_marked);
    return said.join(", ");
  }

  function hint() {
    if (!music.editable) return fingers() ? "" : words.hint_look;
    return fingers() ? words.hint_touch : words.hint;
  }

  return {
    length,
    note,
    // What is chosen, or where the cursor is and what lies there.
    now() {
      const chosen = roll.editor.chosen();
      if (chosen.length === 1) return note(chosen[0]);
      if (chosen.length) return filled(words.many_chosen, { count: chosen.length });
      const { tick, pitch, shown } = roll.cursor;
      if (!shown) return hint();
      const there = roll.noteAtCursor();
      return there ? note(there) : named(pitch, music.tracks[roll.editor.track].drum) + ", " + place(tick) + ", " + words.empty;
    },
  };
}
