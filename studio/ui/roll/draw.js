// Paints what is in sight: ground, notes, loudness, keyboard, ruler. Knows the view and the music, changes neither.

const DARK_KEYS = new Set([1, 3, 6, 8, 10]);
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

// Of things `pixels` apart show one in so many that those shown are `least` apart.
function stride(pixels, least) {
  for (let power = 1; power < 1e6; power *= 10)
    for (const step of [1, 2, 4, 5, 8]) if (step * power * pixels >= least) return step * power;
  return 1e6;
}

function createPainter(roll, ink) {
  const { music, view, editor } = roll;

  function box(colour, x, y, width, height) {
    ink.fillStyle = colour;
    ink.fillRect(x, y, width, height);
  }

  function clipped(x, y, width, height, paint) {
    ink.save();
    ink.beginPath();
    ink.rect(x, y, width, height);
    ink.clip();
    paint();
    ink.restore();
  }

  function barsInSight() {
    const from = music.barAt(view.left).index;
    const bars = [];
    for (let i = from; i < music.bars.length && music.bars[i].start < view.right(); i++) bars.push(music.bars[i]);
    return bars;
  }

  // --- the ground

  function ground(colours) {
    box(colours.paper, 0, 0, view.width, view.height);
    for (let pitch = view.pitchAt(RULER); pitch >= 0 && view.pitchY(pitch) < view.pitchBottom; pitch--) {
      if (DARK_KEYS.has(pitch % 12)) box(colours.blackRow, view.keys, view.pitchY(pitch), view.width, view.row);
    }
    if (view.kit.length) box(colours.blackRow, view.keys, view.pitchBottom, view.width, view.bottom - view.pitchBottom);
    parts(colours);
    passage(colours);
    lines(colours);
    for (let pitch = 12; pitch < 128; pitch += 12) {
      const y = Math.round(view.pitchY(pitch) + view.row);
      if (y > RULER && y < view.pitchBottom) box(colours.beat, view.keys, y, view.width, 1);
    }
    view.kit.forEach((pitch) => box(colours.beat, view.keys, Math.round(view.drumY(pitch)), view.width, 1));
  }

  // The ground under what was there before, under what is new, and behind the end.
  function parts(colours) {
    const end = (music.bars.filter((bar) => bar.inMusic).pop() || music.bars[FEWEST_BARS - 1]).end;
    const band = (colour, from, to) => box(colour, view.x(from), RULER, (to - from) * view.scale, view.bottom - RULER);
    if (music.region) {
      const [start, stop] = music.region;
      ink.globalAlpha = 0.6;
      band(colours.past, 0, start);
      if (stop < end) band(colours.past, stop, end);
      ink.globalAlpha = 1;
      band(colours.fresh, start, stop);
      box(colours.accent, Math.round(view.x(start)), RULER, 2, view.bottom - RULER);
    }
    ink.globalAlpha = 0.75;
    band(colours.blackRow, end, Math.max(end, view.right()));
    ink.globalAlpha = 1;
  }

  // Under the notes that are marked, from the first to the last.
  function passage(colours) {
    const [from, to] = music.span || [0, 0];
    if (to > from) box(colours.passage, view.x(from), RULER, (to - from) * view.scale, view.bottom - RULER);
  }

  function lines(colours) {
    const bars = barsInSight();
    const step = editor.step(), few = stride((bars[0].end - bars[0].start) * view.scale, 9);
    for (const bar of bars) {
      const beat = music.beat(bar);
      if (music.editable && step < beat && step * view.scale >= 7)
        for (let tick = bar.start + step; tick < bar.end - 0.5; tick += step)
          box(colours.step, Math.round(view.x(tick)), RULER, 1, view.bottom - RULER);
      if (beat * view.scale >= 6)
        for (let tick = bar.start + beat; tick < bar.end - 0.5; tick += beat)
          box(colours.beat, Math.round(view.x(tick)), RULER, 1, view.bottom - RULER);
      if (bar.index % few === 0) box(colours.bar, Math.round(view.x(bar.start)), RULER, 1, view.bottom - RULER);
    }
  }

  // --- the notes

  function notes(colours) {
    // What is drawn into lies on top, what is not heard below.
    const order = music.tracks.map((_, i) => i).sort((a, b) => rank(a) - rank(b) || b - a);
    for (const track of order) trackNotes(track, colours);
  }

  const rank = (track) => (roll.heard(track) ? 1 : 0) + (track === editor.track && music.editable ? 1 : 0);

  function trackNotes(track, colours) {
    const look = shades(track, !roll.heard(track)), drum = music.tracks[track].drum;
    const height = Math.max(2, Math.round(drum ? view.drumRow - 2 : view.row - 1));
    const [top, bottom] = drum ? [view.pitchBottom, view.bottom] : [RULER, view.pitchBottom];
    const marked = [];
    clipped(view.keys, top, view.width, bottom - top, () => {
      ink.lineWidth = 1;
      ink.strokeStyle = look.edge;
      music.sounding(track, view.left, view.right(), (note) => {
        const y = Math.round(view.noteY(note)) + (drum ? 1 : 0);
        if (y + height < top || y > bottom) return;
        const x = Math.round(view.x(note.onset));
        const width = noteWidth(note, drum);
        const level = Math.min(LEVELS - 1, (note.velocity * LEVELS) >> 7);
        const solid = !music.parted || note.state & NEW;
        ink.fillStyle = (solid ? look.solid : look.pale)[level];
        ink.fillRect(x, y, width, height);
        if (width > 3 && height > 3) ink.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
        if (note.state & (LOCKED | MARKED) || editor.selected.has(note.id)) marked.push([note, x, y, width]);
      });
      for (const [note, x, y, width] of marked) mark(note, x, y, width, height, colours);
    });
  }

  // A little shorter than it sounds, so that repeated notes are seen to be two. The strokes of drums have no length.
  function noteWidth(note, drum) {
    const width = drum ? Math.min(note.duration, music.resolution / 4) * view.scale : note.duration * view.scale;
    return Math.max(2, Math.round(width - Math.min(1.5, width * 0.15)));
  }

  function mark(note, x, y, width, height, colours) {
    if (note.state & MARKED) {
      ink.save();
      ink.strokeStyle = colours.marked;
      ink.lineWidth = 2;
      ink.strokeRect(x - 2, y - 2, width + 4, height + 4);
      ink.restore();
    }
    if (note.state & LOCKED) {
      box(colours.ink, x, y + height - 2, width, 2);
      if (width >= 12 && height >= 8) padlock(x + 3, y + height / 2 - 4, colours);
    }
    if (!editor.selected.has(note.id)) return;
    ink.save();
    ink.strokeStyle = colours.ink;
    ink.lineWidth = 2;
    ink.strokeRect(x, y, width, height);
    ink.restore();
  }

  function padlock(x, y, colours) {
    ink.save();
    ink.fillStyle = ink.strokeStyle = colours.ink;
    ink.lineWidth = 1.2;
    ink.fillRect(x, y + 3.5, 6, 4);
    ink.beginPath();
    ink.arc(x + 3, y + 3.5, 2, Math.PI, 0);
    ink.stroke();
    ink.restore();
  }

  // --- how loud the notes of the track at hand are

  function loudness(colours) {
    if (!music.roomy()) return;
    box(colours.paper, 0, view.bottom, view.width, LOUDNESS);
    box(colours.bar, 0, view.bottom, view.width, 1);
    const colour = trackColour(editor.track), faint = mixed(colour, colours.paper, 0.55);
    clipped(view.keys, view.bottom, view.width, LOUDNESS, () => {
      music.sounding(editor.track, view.left, view.right(), (note) => {
        const x = Math.round(view.x(note.onset)), y = roll.loudnessY(note.velocity);
        const chosen = editor.selected.has(note.id);
        box(chosen ? colours.ink : faint, x, y, 2, view.height - y);
        box(chosen ? colours.ink : colour, x - 1, y - 1, 5, 4);
      });
    });
    box(colours.paper, 0, view.bottom + 1, view.keys, LOUDNESS);
    label(roll.words.loudness_short, view.keys - 6, view.bottom + LOUDNESS / 2, colours.soft, "right", 10.5);
  }

  // --- keyboard and ruler

  function label(text, x, y, colour, align, size) {
    ink.fillStyle = colour;
    ink.font = size + "px " + FONT;
    ink.textAlign = align;
    ink.textBaseline = "middle";
    ink.fillText(text, x, y);
  }

  function keyboard(colours) {
    const height = view.pitchBottom - RULER;
    clipped(0, RULER, view.keys, height, () => {
      box(colours.white, 0, RULER, view.keys, height);
      for (let pitch = view.pitchAt(RULER); pitch >= 0 && view.pitchY(pitch) < view.pitchBottom; pitch--) {
        const y = view.pitchY(pitch);
        if (DARK_KEYS.has(pitch % 12)) {
          box(colours.onWhite, 0, Math.round(y + view.row / 2), view.keys, 0.5);
          box(colours.black, 0, y + view.row * 0.05, view.keys * 0.62, view.row * 0.9);
        } else if (pitch % 12 === 0 || pitch % 12 === 5) box(colours.onWhite, 0, Math.round(y + view.row), view.keys, 0.5);
        if (pitch % 12 === 0)
          label("C" + (pitch / 12 - 1), view.keys - 4, y + view.row / 2, colours.onWhite, "right", between(8.5, view.row, 11));
        const sounding = roll.pressed === pitch;
        if (sounding) box(colours.accent, view.keys - 5, y, 4, view.row);
      }
    });
    if (view.kit.length) box(colours.paper, 0, view.pitchBottom, view.keys, view.bottom - view.pitchBottom);
    const size = between(7.5, view.drumRow * 0.72, 11);
    for (const pitch of view.kit) {
      const name = roll.drumName(pitch);
      clipped(0, view.drumY(pitch), view.keys - 4, view.drumRow, () =>
        label(name, view.keys - 6, view.drumY(pitch) + view.drumRow / 2, colours.soft, "right", size)
      );
    }
    box(colours.bar, view.keys - 1, RULER, 1, view.bottom - RULER);
    if (view.kit.length) box(colours.bar, 0, Math.round(view.pitchBottom), view.width, 1);
  }

  function ruler(colours) {
    box(colours.paper, 0, 0, view.width, RULER);
    clipped(view.keys, 0, view.width, RULER, () => {
      const end = music.region ? music.region[1] : 0;
      if (music.region) {
        const x = view.x(music.region[0]);
        box(colours.accent, x, RULER - 4, (end - music.region[0]) * view.scale, 4);
      }
      // A bracket over what is marked: not by colour alone.
      const [from, to] = music.span || [0, 0];
      if (to > from) {
        const x = view.x(from), width = (to - from) * view.scale;
        box(colours.marked, x, RULER - 6, width, 3);
        for (const side of [x, x + width - 3]) box(colours.marked, side, RULER - 6, 3, 6);
      }
      const bars = barsInSight(), every = stride((bars[0].end - bars[0].start) * view.scale, 34);
      for (const bar of bars) {
        const x = Math.round(view.x(bar.start));
        const shown = bar.index === 0 || (bar.index + 1 - (every < 5)) % every === 0;
        if (!shown) continue;
        box(colours.bar, x, RULER - 8, 1, 8);
        label(String(bar.index + 1), x + 4, RULER / 2 - 1, bar.inMusic ? colours.soft : colours.bar, "left", 11);
      }
    });
    box(colours.bar, 0, RULER - 1, view.width, 1);
  }

  // Empty bars say what to do.
  function invitation(colours) {
    if (music.end || !music.editable) return;
    label(roll.words.nothing, (view.keys + view.width) / 2, (RULER + view.pitchBottom) / 2, colours.soft, "center", 14);
  }

  return function paint() {
    if (!view.width) return;
    const colours = theme();
    clipped(view.keys, 0, view.width, view.height, () => ground(colours));
    notes(colours);
    invitation(colours);
    loudness(colours);
    keyboard(colours);
    ruler(colours);
  };
}
