// Mouse, pen and fingers on the canvas. Each thing that can be dragged is an object {move(place), end(place)}.
//
// A finger on empty ground scrolls; two fingers scroll and zoom. A place is {x, y, event}.

const EDGE = 7, CLICK = 4, DOUBLE_MS = 350; // pixels, pixels, milliseconds

function connectPointer(roll, canvas) {
  const { music, view, editor } = roll;
  const fingers = new Map();
  let drag = null, last = { time: 0, x: 0, y: 0 };

  function placed(event) {
    const edges = canvas.getBoundingClientRect();
    return { x: event.clientX - edges.left, y: event.clientY - edges.top, event };
  }

  function noteAt({ x, y }) {
    let found = null;
    if (x < view.keys) return null;
    const order = music.tracks.map((_, i) => i).sort((a, b) => (a === editor.track ? -1 : b === editor.track ? 1 : a - b));
    const slack = 4 / view.scale, tick = view.tickAt(x);
    for (const track of order) {
      music.sounding(track, tick - slack, tick + slack, (note) => {
        const inside = y >= view.noteY(note) && y < view.noteY(note) + view.noteHeight(note);
        const long = music.tracks[track].drum ? Math.max(note.duration, 8 / view.scale) : note.duration;
        if (inside && tick < note.onset + Math.max(long, 5 / view.scale)) found = note;
      });
      if (found) return found;
    }
    return null;
  }

  const atEdge = ({ x }, note) => {
    const right = view.x(note.onset + note.duration);
    return !music.tracks[note.track].drum && right - view.x(note.onset) > 2 * EDGE && right - x < EDGE;
  };

  // --- what is dragged

  function inRuler(start) {
    let moved = false;
    const first = music.barAt(view.tickAt(start.x)).index;
    const kept = start.event.shiftKey && roll.bars.chosen ? roll.bars.chosen[0] : first;
    return {
      move(place) {
        moved ||= Math.abs(place.x - start.x) > CLICK;
        if (moved || start.event.shiftKey) roll.bars.choose(kept, music.barAt(view.tickAt(place.x)).index);
      },
      end(place) {
        if (moved) return;
        if (start.event.shiftKey) roll.bars.choose(kept, first);
        else roll.transport.seek(music.seconds(Math.max(0, view.tickAt(place.x))));
      },
    };
  }

  function onKeys(start) {
    const press = ({ y }) => {
      const line = view.lineAt(y);
      if (!line || roll.pressed === line.pitch) return;
      roll.pressed = line.pitch;
      roll.audition({ ...line, track: keysTrack(line.drum) });
      roll.redraw();
    };
    press(start);
    return { move: press, end: () => ((roll.pressed = null), roll.redraw()) };
  }

  function keysTrack(drum) {
    if (music.tracks[editor.track].drum === drum) return editor.track;
    return music.tracks.findIndex((track) => track.drum === drum);
  }

  function ofLoudness(start) {
    const before = music.notes;
    const set = ({ x, y }) => {
      const near = 6 / view.scale, tick = view.tickAt(x);
      const hit = music.notes[editor.track].filter((n) => Math.abs(n.onset - tick) <= near);
      if (!hit.length) return;
      const ids = new Set(hit.map((note) => note.id)), velocity = roll.loudnessAt(y);
      editor.show(music.notes.map((list, i) =>
        i === editor.track ? list.map((n) => (ids.has(n.id) ? { ...n, velocity } : n)) : list));
    };
    set(start);
    return { move: set, end: () => finish(before), cancel: () => editor.show(before) };
  }

  function rubberBand(start) {
    const kept = start.event.shiftKey ? [...editor.selected] : [];
    return {
      move({ x, y }) {
        roll.band = { x0: start.x, y0: start.y, x1: x, y1: y };
        const [from, to] = [start.x, x].sort((a, b) => a - b).map(view.tickAt);
        const [top, bottom] = [start.y, y].sort((a, b) => a - b);
        editor.selected = new Set(kept);
        music.tracks.forEach((_, i) => music.sounding(i, from, to, (note) => {
          const noteTop = view.noteY(note);
          if (noteTop + view.noteHeight(note) > top && noteTop < bottom) editor.selected.add(note.id);
        }));
        roll.redraw();
      },
      end(place) {
        roll.band = null;
        if (Math.abs(place.x - start.x) + Math.abs(place.y - start.y) <= CLICK) click(start);
        roll.selectionChanged();
      },
      cancel: () => ((roll.band = null), roll.redraw()),
    };
  }

  function click(place) {
    editor.selected.clear();
    const line = view.lineAt(place.y);
    if (line) roll.setCursor(editor.snap(view.tickAt(place.x)), line.pitch, false);
  }

  function scrolling(start) {
    let before = start, moved = false;
    return {
      move(place) {
        moved ||= Math.abs(place.x - start.x) + Math.abs(place.y - start.y) > CLICK;
        roll.scrolledByHand();
        view.scroll(before.x - place.x, before.y - place.y);
        before = place;
        roll.redraw();
      },
      end() {
        if (!moved) click(start);
        roll.selectionChanged();
      },
    };
  }

  function ofNote(start, note) {
    const many = start.event.shiftKey || start.event.ctrlKey || start.event.metaKey;
    if (many) editor.toggle(note);
    else if (!editor.selected.has(note.id)) editor.select([note]);
    roll.setTrack(note.track);
    roll.setCursor(note.onset, note.pitch, false);
    roll.audition(note);
    if (!music.editable || many) return { move() {}, end() {} };
    return atEdge(start, note) ? resizing(start, note, music.notes) : moving(start, note);
  }

  function moving(start, note) {
    const before = music.notes;
    let heard = note.pitch, moved = false;
    return {
      move(place) {
        moved ||= Math.abs(place.x - start.x) + Math.abs(place.y - start.y) > CLICK;
        if (!moved) return;
        const to = note.onset + (place.x - start.x) / view.scale;
        const sideways = Math.abs(place.x - start.x) > CLICK;
        const ticks = !sideways ? 0 : Math.round(place.event.altKey ? to : editor.snap(to, Math.round)) - note.onset;
        const line = view.lineAt(between(RULER, place.y, view.bottom - 1)), drum = music.tracks[note.track].drum;
        const pitches = line && !line.drum && !drum ? line.pitch - note.pitch : 0;
        let notes = editor.moved(before, ticks, pitches);
        if (drum && line && line.drum && editor.selected.size === 1)
          notes = notes.map((list) => list.map((n) => (n.id === note.id ? { ...n, pitch: line.pitch } : n)).sort(inOrder));
        editor.show(notes);
        const now = notes[note.track].find((n) => n.id === note.id);
        if (now && now.pitch !== heard) roll.audition(now);
        if (now) heard = now.pitch;
      },
      end: () => finish(before),
      cancel: () => editor.show(before),
    };
  }

  function resizing(start, note, before, shown = before) {
    return {
      move(place) {
        const tick = view.tickAt(place.x);
        const end = place.event.altKey ? Math.round(tick) : editor.snap(tick, Math.round);
        const least = Math.min(note.duration, Math.round(editor.step()));
        editor.show(editor.stretched(shown, Math.max(least, end - note.onset) - note.duration));
      },
      end() {
        const now = music.notes[note.track].find((n) => n.id === note.id);
        if (now) editor.length = now.duration;
        finish(before);
      },
      cancel: () => editor.show(before),
    };
  }

  function drawing(start) {
    const line = view.lineAt(start.y);
    const note = line && roll.draw(editor.snap(view.tickAt(start.x)), line.pitch, line.drum);
    if (!note) return null;
    // Drawing and lengthening are one thing to undo.
    const drawn = music.notes;
    const stretch = resizing(start, note, drawn);
    return {
      move(place) {
        if (Math.abs(place.x - start.x) > CLICK) stretch.move(place);
      },
      end() {
        if (music.notes !== drawn) stretch.end();
      },
    };
  }

  // A finger may be the first of two: it draws when it moves or is lifted.
  function drawingByFinger(start) {
    let begun = null;
    const begin = () => (begun ||= drawing(start) || { move() {}, end() {} });
    return {
      move(place) {
        if (begun || Math.abs(place.x - start.x) + Math.abs(place.y - start.y) > CLICK) begin().move(place);
      },
      end: (place) => begin().end(place),
      cancel: () => begun && (begun.end(start), editor.undo()),
    };
  }

  function finish(before) {
    if (music.notes === before) return;
    const now = music.notes;
    music.put(before);
    editor.commit(now, before);
    roll.selectionChanged();
  }

  // --- which it is

  function begun(place, double) {
    const touch = place.event.pointerType === "touch";
    if (place.y < RULER) return place.x < view.keys ? null : inRuler(place);
    if (place.x < view.keys) return onKeys(place);
    if (music.editable && place.y >= view.bottom) return ofLoudness(place);
    const note = noteAt(place);
    if (note) return ofNote(place, note);
    if (music.editable && (double || roll.tool === "draw")) return touch ? drawingByFinger(place) : drawing(place);
    return touch ? scrolling(place) : rubberBand(place);
  }

  function pinch() {
    const [a, b] = [...fingers.values()];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.max(20, Math.hypot(a.x - b.x, a.y - b.y)) };
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const place = placed(event);
    fingers.set(event.pointerId, place);
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    if (fingers.size === 2) {
      if (drag && drag.cancel) drag.cancel();
      drag = { pinch: pinch() };
      return;
    }
    const near = Math.hypot(place.x - last.x, place.y - last.y) < 16;
    const double = event.timeStamp - last.time < DOUBLE_MS && near;
    last = { time: double ? 0 : event.timeStamp, x: place.x, y: place.y };
    drag = begun(place, double);
    roll.dragging = drag !== null;
  });

  canvas.addEventListener("pointermove", (event) => {
    const place = placed(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, place);
    if (drag && drag.pinch && fingers.size === 2) {
      const now = pinch(), before = drag.pinch;
      view.scroll(before.x - now.x, before.y - now.y);
      view.zoomTime(now.apart / before.apart, now.x);
      drag.pinch = now;
      roll.scrolledByHand();
      roll.redraw();
    } else if (drag && drag.move) drag.move(place);
    else hover(place);
  });

  function lifted(event, done) {
    if (!fingers.delete(event.pointerId)) return;
    if (drag && !drag.pinch) (done ? drag.end : drag.cancel || drag.end)(placed(event));
    if (!fingers.size || !drag || !drag.pinch) drag = null;
    roll.dragging = false;
    roll.settled();
  }
  canvas.addEventListener("pointerup", (event) => lifted(event, true));
  canvas.addEventListener("pointercancel", (event) => lifted(event, false));

  function hover(place) {
    const note = place.y > RULER && place.y < view.bottom ? noteAt(place) : null;
    const edge = note && music.editable && atEdge(place, note);
    const ground = music.editable && roll.tool === "draw" && place.x > view.keys && place.y > RULER ? "crosshair" : "default";
    canvas.style.cursor = edge ? "ew-resize" : note ? "pointer" : place.y < RULER || place.x < view.keys ? "pointer" : ground;
  }

  // A finger on a note, or one that draws, is not to scroll the page; on empty ground it may.
  canvas.addEventListener("touchstart", (event) => {
    const place = placed(event.touches[0]);
    const empty = place.x > view.keys && place.y > RULER && place.y < view.bottom && !noteAt(place);
    if (event.touches.length > 1 || !empty || (music.editable && roll.tool === "draw")) event.preventDefault();
  }, { passive: false });

  canvas.addEventListener("wheel", (event) => {
    const place = placed(event), unit = event.deltaMode ? 30 : 1;
    const far = (event.deltaY || event.deltaX) * unit;
    if (event.ctrlKey || event.metaKey) {
      const factor = Math.exp(-far / 300);
      if (event.shiftKey) view.zoomRows(factor, place.y);
      else view.zoomTime(factor, place.x);
    } else if (!(event.shiftKey ? view.scroll(far, 0) : view.scroll(event.deltaX * unit, event.deltaY * unit))) return;
    event.preventDefault();
    roll.scrolledByHand();
    roll.redraw();
  }, { passive: false });
}
