// What moves over the notes - playhead, chosen bars, cursor, rubber band - and the overview below them.

function createOverlay(roll, ink) {
  const { music, view, editor } = roll;

  function box(colour, x, y, width, height) {
    ink.fillStyle = colour;
    ink.fillRect(x, y, width, height);
  }

  function chosenBars(colours) {
    if (!roll.bars.chosen) return;
    const { from, to } = roll.bars.ticks();
    const x = view.x(from), width = (to - from) * view.scale;
    box(colours.chosen, x, 0, width, view.bottom);
    box(colours.accent, x, 0, 2, view.bottom);
    box(colours.accent, x + width - 2, 0, 2, view.bottom);
  }

  function playhead(colours) {
    const x = Math.round(view.x(music.tick(roll.transport.at())));
    if (x < view.keys) return;
    box(colours.accent, x - 1, 0, 2, view.bottom);
    ink.beginPath();
    ink.moveTo(x - 6, RULER - 12);
    ink.lineTo(x + 6, RULER - 12);
    ink.lineTo(x, RULER - 2);
    ink.fill();
  }

  function cursor(colours) {
    const at = roll.cursor;
    if (!roll.focused || !at.shown) return;
    const drum = music.tracks[editor.track].drum;
    const y = drum ? view.drumY(at.pitch) : view.pitchY(at.pitch);
    const height = drum ? view.drumRow : view.row;
    if (y < RULER - height || y > view.bottom) return;
    ink.strokeStyle = colours.accent;
    ink.lineWidth = 2;
    ink.strokeRect(view.x(at.tick), y, Math.max(4, editor.noteLength() * view.scale), height);
  }

  function band(colours) {
    if (!roll.band) return;
    const { x0, y0, x1, y1 } = roll.band;
    box(colours.chosen, Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
    ink.strokeStyle = colours.accent;
    ink.lineWidth = 1;
    ink.strokeRect(Math.min(x0, x1) + 0.5, Math.min(y0, y1) + 0.5, Math.abs(x1 - x0), Math.abs(y1 - y0));
  }

  return function paint() {
    const colours = theme();
    ink.clearRect(0, 0, view.width, view.height);
    ink.save();
    ink.beginPath();
    ink.rect(view.keys, 0, view.width, view.height);
    ink.clip();
    chosenBars(colours);
    cursor(colours);
    playhead(colours);
    band(colours);
    ink.restore();
  };
}

// The whole music, small, with a window on the part in sight: to be dragged instead of a scroll bar.
function createOverview(roll, canvas, ink) {
  const { music, view } = roll;
  const perTick = () => canvas.clientWidth / Math.max(1, view.end());

  function paint() {
    const colours = theme(), width = canvas.clientWidth, scale = perTick();
    ink.fillStyle = colours.paper;
    ink.fillRect(0, 0, width, OVERVIEW);
    if (music.region) {
      ink.fillStyle = colours.chosen;
      ink.fillRect(music.region[0] * scale, 0, (music.region[1] - music.region[0]) * scale, OVERVIEW);
    }
    const pitches = music.all().map((note) => note.pitch);
    const low = pitches.reduce((a, b) => Math.min(a, b), 55), high = pitches.reduce((a, b) => Math.max(a, b), 79);
    const row = (OVERVIEW - 8) / (high - low + 1);
    for (let track = music.tracks.length - 1; track >= 0; track--) {
      ink.fillStyle = roll.heard(track) ? trackColour(track) : fadedColour(track);
      for (const n of music.notes[track])
        ink.fillRect(n.onset * scale, 4 + (high - n.pitch) * row, Math.max(1, n.duration * scale), Math.max(1, row));
    }
  }

  function inSight() {
    return [view.left * perTick(), (Math.min(view.right(), view.end()) - view.left) * perTick()];
  }

  return { paint, inSight, tickAt: (x) => x / perTick() };
}

// Dragging the window, or a click beside it, brings that part into sight.
function connectOverview(roll, place, overview) {
  const { view } = roll;
  let grabbed = null; // ticks from the window's left edge

  const tickOf = (event) => overview.tickAt(event.clientX - place.getBoundingClientRect().left);
  place.addEventListener("pointerdown", (event) => {
    const tick = tickOf(event), room = view.right() - view.left;
    grabbed = tick >= view.left && tick <= view.right() ? tick - view.left : room / 2;
    place.setPointerCapture(event.pointerId);
    drag(event);
  });
  function drag(event) {
    if (grabbed === null) return;
    view.left = tickOf(event) - grabbed;
    view.clamp();
    roll.scrolledByHand();
    roll.redraw();
  }
  place.addEventListener("pointermove", drag);
  for (const name of ["pointerup", "pointercancel"]) place.addEventListener(name, () => (grabbed = null));
}
