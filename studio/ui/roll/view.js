// Where ticks and pitches lie on the canvas: geometry, zoom and scroll, in CSS pixels. Knows the music, paints nothing.

const RULER = 28, OVERVIEW = 34, LOUDNESS = 46;
const ROW = { least: 4, most: 26 };
const QUARTER = { least: 1.5, most: 260, first: 46 }; // pixels of a quarter
const DRUM_ROW = 14, FIRST_SPAN = 25; // rows that are seen at first, at least
const USUAL_KIT = [36, 38, 42, 45, 46, 48, 49, 51];

const between = (low, value, high) => Math.max(low, Math.min(high, value));

function createView(roll) {
  const { music } = roll;

  const view = {
    width: 0,
    height: 0,
    left: 0, // tick at the left edge
    scale: 0.1, // pixels of a tick
    row: 10, // height of a pitch
    top: 0, // pixels that the pitches are scrolled down
    kit: [], // drums shown, from the top
    keys: 46,
    pitchBottom: 0,
    drumRow: DRUM_ROW,
    bottom: 0, // of the notes

    resize(width, height) {
      const middle = view.pitchAt((RULER + view.pitchBottom) / 2);
      view.width = width;
      view.height = height;
      view.arrange();
      if (width) view.centre(middle);
    },

    // Share the height out among pitches, drums and the lane of loudness.
    arrange() {
      const drums = music.tracks.flatMap((track, i) => (track.drum ? [i] : []));
      const kit = new Set(drums.flatMap((i) => music.notes[i].map((note) => note.pitch)));
      if (drums.length && (music.roomy() || !kit.size)) for (const pitch of USUAL_KIT) kit.add(pitch);
      view.kit = [...kit].sort((a, b) => b - a);
      view.keys = view.kit.length ? (view.width < 520 ? 70 : 84) : 46;
      view.bottom = view.height - (music.roomy() ? LOUDNESS : 0);
      const room = view.bottom - RULER;
      const onlyDrums = drums.length && drums.length === music.tracks.length;
      view.drumRow = view.kit.length ? Math.min(onlyDrums ? 28 : DRUM_ROW, (room * (onlyDrums ? 1 : 0.4)) / view.kit.length) : 0;
      view.pitchBottom = onlyDrums ? RULER : view.bottom - view.drumRow * view.kit.length;
      view.clamp();
    },

    x: (tick) => view.keys + (tick - view.left) * view.scale,
    tickAt: (x) => view.left + (x - view.keys) / view.scale,
    pitchY: (pitch) => RULER + (127 - pitch) * view.row - view.top,
    pitchAt: (y) => between(0, 127 - Math.floor((y - RULER + view.top) / view.row), 127),
    drumY: (pitch) => view.pitchBottom + view.kit.indexOf(pitch) * view.drumRow,
    noteY: (note) => (music.tracks[note.track].drum ? view.drumY(note.pitch) : view.pitchY(note.pitch)),
    noteHeight: (note) => (music.tracks[note.track].drum ? view.drumRow : view.row),
    right: () => view.tickAt(view.width),
    end: () => music.bars[music.bars.length - 1].end,

    // What is at a height: {pitch, drum}, or null outside of all rows.
    lineAt(y) {
      if (y >= RULER && y < view.pitchBottom) return { pitch: view.pitchAt(y), drum: false };
      const line = Math.floor((y - view.pitchBottom) / view.drumRow);
      return y >= RULER && y < view.bottom && line < view.kit.length ? { pitch: view.kit[line], drum: true } : null;
    },

    clamp() {
      const room = (view.width - view.keys) / view.scale;
      view.left = Math.max(0, Math.min(view.left, view.end() + room * 0.05 - room));
      view.top = between(0, view.top, Math.max(0, 128 * view.row - (view.pitchBottom - RULER)));
    },

    scroll(x, y) {
      const before = [view.left, view.top];
      view.left += x / view.scale;
      view.top += y;
      view.clamp();
      return before[0] !== view.left || before[1] !== view.top;
    },

    zoomTime(factor, x = (view.keys + view.width) / 2) {
      const tick = view.tickAt(x);
      const quarter = between(QUARTER.least, view.scale * music.resolution * factor, QUARTER.most);
      view.scale = quarter / music.resolution;
      view.left = tick - (x - view.keys) / view.scale;
      view.clamp();
    },

    zoomRows(factor, y = (RULER + view.pitchBottom) / 2) {
      const rows = (y - RULER + view.top) / view.row;
      view.row = between(ROW.least, view.row * factor, ROW.most);
      view.top = rows * view.row - (y - RULER);
      view.clamp();
    },

    centre(pitch) {
      view.top = (127.5 - pitch) * view.row - (view.pitchBottom - RULER) / 2;
      view.clamp();
    },

    // All of the music in sight, as far as it stays legible.
    fit(most = QUARTER.first, least = 9) {
      view.arrange();
      const room = view.width - view.keys;
      const last = music.bars.filter((bar) => bar.inMusic).pop() || music.bars[FEWEST_BARS - 1];
      view.scale = between(least, (room / last.end) * music.resolution * 0.985, most) / music.resolution;
      const pitches = music.all().filter((n) => !music.tracks[n.track].drum).map((n) => n.pitch);
      const low = pitches.length ? pitches.reduce((a, b) => Math.min(a, b)) - 2 : 55;
      const high = pitches.length ? pitches.reduce((a, b) => Math.max(a, b)) + 2 : 79;
      const span = Math.max(FIRST_SPAN, high - low + 1);
      view.row = between(ROW.least, (view.pitchBottom - RULER) / span, 18);
      view.left = 0;
      view.centre((low + high) / 2);
    },

    // Bring a tick, and a pitch if there is one, into sight.
    reveal(tick, pitch = null) {
      const room = (view.width - view.keys) / view.scale;
      if (tick < view.left || tick > view.left + room * 0.92) view.left = tick - room * 0.15;
      const y = pitch === null ? RULER : view.pitchY(pitch);
      if (pitch !== null && (y < RULER || y + view.row > view.pitchBottom)) view.centre(pitch);
      view.clamp();
    },
  };

  return view;
}
