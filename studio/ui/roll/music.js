// What is shown: tracks, notes, bars and the clock, read from the value that roll/value.py makes. Knows no pixels.
//
// A note is {id, track, onset, pitch, duration, velocity, state}, times in ticks, and is never changed in place.
// state is the sum of NEW, LOCKED and MARKED, or 0. The notes of a track are sorted by their onset.

const NEW = 1, LOCKED = 2, MARKED = 4;
const EVERYTHING_IN_A_NOTE = 5; // numbers of one note in the value
const MOST_BARS = 5000, FEWEST_BARS = 4;
const SPARE_BARS = 4, COMING_BARS = 8; // behind the music: to draw in, to be written
// As long as there is no value: four empty bars.
const NOTHING = {
  piece: null, revision: 0, resolution: 480, limit: 1920, tempos: [[0, 500000]], metres: [[0, 4, 4, 1920]],
  tracks: [{ name: "", program: 0, drum: false, notes: [] }], parted: false, region: null, editable: false, growing: false,
};
let noteIds = 0;

function makeNote(track, onset, pitch, duration, velocity, state) {
  return { id: ++noteIds, track, onset, pitch, duration, velocity, state };
}

const inOrder = (a, b) => a.onset - b.onset || a.pitch - b.pitch || a.duration - b.duration || a.velocity - b.velocity;

// The index of the last item whose `key` is at most `value`; -1 where there is none.
function lastAt(items, value, key) {
  let low = 0, high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(items[middle]) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// Bars from tick 0 over `end`, at least FEWEST_BARS, and `spare` empty ones behind the music to draw in.
function makeBars(metres, end, spare) {
  const bars = [];
  let tick = 0, at = 0, wanted = MOST_BARS;
  while (bars.length < wanted) {
    while (at + 1 < metres.length && metres[at + 1][0] <= tick) at++;
    const [, numerator, denominator, length] = metres[at];
    const stop = Math.min(tick + length, at + 1 < metres.length ? metres[at + 1][0] : Infinity);
    bars.push({ index: bars.length, start: tick, end: stop, numerator, denominator, inMusic: tick < end });
    tick = stop;
    if (tick >= end && wanted === MOST_BARS)
      wanted = Math.min(MOST_BARS - 1, Math.max(FEWEST_BARS, bars.length + spare));
  }
  return bars;
}

// Ticks to seconds and back, by the tempo map [[tick, microseconds of a quarter], ...].
function makeClock(tempos, resolution) {
  const marks = [];
  let seconds = 0;
  tempos.forEach(([tick, mpq], i) => {
    if (i) seconds += (tick - marks[i - 1].tick) * marks[i - 1].perTick;
    marks.push({ tick, seconds, perTick: mpq / 1e6 / resolution });
  });
  return {
    seconds(tick) {
      const mark = marks[Math.max(0, lastAt(marks, tick, (m) => m.tick))];
      return mark.seconds + (tick - mark.tick) * mark.perTick;
    },
    tick(second) {
      const mark = marks[Math.max(0, lastAt(marks, second, (m) => m.seconds))];
      return mark.tick + (second - mark.seconds) / mark.perTick;
    },
  };
}

function createMusic() {
  let value = null, clock = null;

  const music = {
    piece: null,
    revision: 0,
    tracks: [], // {name, program, drum}, never changed in place
    notes: [], // by track
    longest: [], // by track, ticks
    bars: [],
    end: 0,
    region: null,
    span: null, // [from tick, to tick] of the notes that are marked
    parted: false, // whether new notes are told from the seed's
    editable: false,
    growing: false,
    // Whether there is room for all that belongs to editing: also while music grows, so that nothing moves at its end.
    roomy: () => music.editable || music.growing,

    // Take over a value. Where the page has gone on since it was made, its notes are old news: false.
    load(given) {
      const fresh = given.piece !== music.piece || given.revision >= music.revision;
      value = given;
      music.piece = given.piece;
      music.resolution = given.resolution;
      music.region = given.region;
      music.parted = given.parted;
      music.editable = given.editable;
      music.growing = given.growing;
      music.limit = given.limit;
      clock = makeClock(given.tempos, given.resolution);
      if (!fresh) {
        music.put(music.notes);
        return false;
      }
      music.revision = given.revision;
      music.tracks = given.tracks.map(({ name, program, drum }) => ({ name, program, drum }));
      music.put(given.tracks.map((track, i) => unpacked(track.notes, i)));
      return true;
    },

    put(notes, tracks = music.tracks) {
      music.tracks = tracks;
      music.notes = notes;
      music.longest = notes.map((list) => list.reduce((most, note) => Math.max(most, note.duration), 0));
      music.end = notes.reduce((end, list) => list.reduce((e, n) => Math.max(e, n.onset + n.duration), end), 0);
      const marked = notes.flat().filter((n) => n.state & MARKED);
      const least = (a, n) => Math.min(a, n.onset), most = (a, n) => Math.max(a, n.onset + n.duration);
      music.span = marked.length ? [marked.reduce(least, Infinity), marked.reduce(most, 0)] : null;
      const end = Math.max(music.end, music.region ? music.region[1] : 0);
      const spare = music.growing ? COMING_BARS : music.editable ? SPARE_BARS : 0;
      music.bars = makeBars(value.metres, end, spare);
    },

    // The value with the tracks and notes as they are now, as text.
    text() {
      const tracks = music.tracks.map((track, i) => ({ ...track, notes: packed(music.notes[i]) }));
      return JSON.stringify({ ...value, revision: music.revision, tracks, play: null });
    },

    all: () => music.notes.flat(),
    seconds: (tick) => clock.seconds(tick),
    tick: (second) => clock.tick(second),
    barAt: (tick) => music.bars[Math.max(0, lastAt(music.bars, tick, (bar) => bar.start))],
    // 6/8, 9/8 and 12/8 beat in dotted quarters.
    beat(bar) {
      const compound = bar.denominator >= 8 && bar.numerator % 3 === 0 && bar.numerator > 3;
      return ((music.resolution * 4) / bar.denominator) * (compound ? 3 : 1);
    },
    // Calls `each` with the notes of a track that sound between two ticks.
    sounding(track, from, to, each) {
      const list = music.notes[track];
      for (let i = lastAt(list, from - music.longest[track] - 1, (n) => n.onset) + 1; i < list.length; i++) {
        const note = list[i];
        if (note.onset >= to) break;
        if (note.onset + note.duration > from) each(note);
      }
    },
  };

  function unpacked(flat, track) {
    const list = [];
    for (let i = 0; i < flat.length; i += EVERYTHING_IN_A_NOTE) list.push(makeNote(track, ...flat.slice(i, i + 5)));
    return list.sort(inOrder);
  }

  function packed(list) {
    return list.flatMap((n) => [n.onset, n.pitch, n.duration, n.velocity, n.state]);
  }

  music.load(NOTHING);
  return music;
}
