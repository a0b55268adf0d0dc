// The keyboard: everything that the mouse can do. Each entry of KEYS is a line of the help.

function connectKeys(roll, canvas) {
  const { music, view, editor, words } = roll;
  const edits = (act) => () => music.editable && act();

  // --- arrows move what is chosen, else the cursor

  function sideways(direction, far) {
    if (editor.selected.size && music.editable) return editor.move(direction * editor.step(), 0);
    const bar = music.barAt(roll.cursor.tick);
    const whole = direction > 0 ? bar.end : roll.cursor.tick > bar.start ? bar.start : music.barAt(Math.max(0, bar.start - 1)).start;
    const step = editor.snap(roll.cursor.tick + direction * editor.step(), Math.round);
    return roll.setCursor(far ? whole : step, roll.cursor.pitch);
  }

  function upwards(direction, far) {
    if (editor.selected.size && music.editable) {
      if (!editor.move(0, direction * (far ? 12 : 1))) return;
      return roll.audition(editor.chosen()[0]);
    }
    let pitch = roll.cursor.pitch + direction * (far ? 12 : 1);
    if (music.tracks[editor.track].drum) {
      const line = view.kit.indexOf(roll.cursor.pitch);
      pitch = view.kit[between(0, line < 0 ? 0 : line - direction, view.kit.length - 1)];
    }
    roll.setCursor(roll.cursor.tick, between(0, pitch, 127));
    return roll.audition({ pitch: roll.cursor.pitch, track: editor.track });
  }

  function enter() {
    const there = roll.noteAtCursor();
    if (there) return editor.toggle(there);
    if (!music.editable) return;
    const { tick, pitch } = roll.cursor;
    if (!roll.draw(tick, pitch, music.tracks[editor.track].drum)) return;
    // The cursor goes on behind the note, ready for the next one.
    editor.selected.clear();
    roll.setCursor(tick + editor.noteLength(), pitch);
  }

  function lengthen(steps) {
    if (editor.selected.size) return editor.stretch(steps);
    const step = Math.round(editor.step());
    editor.length = between(step, editor.noteLength() + steps * step, music.resolution * 16);
    roll.say(words.next_length + " " + roll.speech.length(editor.length));
    roll.redraw();
  }

  function nextNote(direction) {
    const notes = music.notes[editor.track];
    const chosen = editor.chosen().filter((note) => note.track === editor.track);
    const before = lastAt(notes, roll.cursor.tick - 1, (n) => n.onset) + (direction < 0 ? 1 : 0);
    const at = chosen.length === 1 ? notes.findIndex((n) => n.id === chosen[0].id) : before;
    const next = notes[between(0, at + direction, notes.length - 1)];
    if (!next) return;
    editor.select([next]);
    roll.setCursor(next.onset, next.pitch);
    roll.audition(next);
  }

  function escape() {
    if (roll.help.open) return roll.help.show(false);
    editor.selected.clear();
    roll.bars.choose(null);
    roll.selectionChanged();
  }

  function chooseBar(more) {
    const here = music.barAt(roll.cursor.tick).index;
    roll.bars.choose(more && roll.bars.chosen ? roll.bars.chosen[0] : here, here);
  }

  const track = (direction) => roll.setTrack((editor.track + direction + music.tracks.length) % music.tracks.length, true);
  const copied = () => (roll.bars.chosen && !editor.selected.size ? roll.bars.copy() : editor.copy());
  const removed = () => (roll.bars.chosen && !editor.selected.size ? roll.bars.remove() : editor.remove(editor.chosen()));

  const plain = {
    ArrowLeft: (shift) => sideways(-1, shift),
    ArrowRight: (shift) => sideways(1, shift),
    ArrowUp: (shift) => upwards(1, shift),
    ArrowDown: (shift) => upwards(-1, shift),
    Home: () => roll.setCursor(0, roll.cursor.pitch),
    End: () => roll.setCursor(music.barAt(Math.max(0, music.end - 1)).start, roll.cursor.pitch),
    Enter: enter,
    " ": () => roll.transport.toggle(),
    Escape: escape,
    Delete: edits(removed),
    Backspace: edits(removed),
    "[": edits(() => lengthen(-1)),
    "]": edits(() => lengthen(1)),
    "+": () => roll.zoom(1.25),
    "=": () => roll.zoom(1.25),
    "-": () => roll.zoom(0.8),
    "*": () => roll.zoomRows(1.2),
    "/": () => roll.zoomRows(1 / 1.2),
    f: () => roll.fit(),
    n: () => nextNote(1),
    p: () => nextNote(-1),
    d: edits(() => roll.setTool(roll.tool === "draw" ? "select" : "draw")),
    q: edits(() => editor.quantize()),
    l: edits(() => editor.lock()),
    ",": edits(() => editor.louder(-8)),
    ".": edits(() => editor.louder(8)),
    t: (shift) => track(shift ? -1 : 1),
    m: () => roll.mute(editor.track),
    s: () => roll.solo(editor.track),
    b: (shift) => chooseBar(shift),
    r: () => roll.bars.rewrite(),
    j: () => roll.transport.jump(),
    h: () => roll.transport.seek(music.seconds(roll.cursor.tick)),
    "?": () => roll.help.show(true),
  };
  const withControl = {
    z: (shift) => (shift ? editor.redo() : editor.undo()),
    y: () => editor.redo(),
    c: copied,
    x: edits(() => (copied(), removed())),
    v: edits(() => editor.paste(roll.pastePlace())),
    a: () => editor.selectAll(),
  };

  canvas.addEventListener("keydown", (event) => {
    if (event.altKey) return;
    const table = event.ctrlKey || event.metaKey ? withControl : plain;
    const act = table[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act(event.shiftKey);
    roll.redraw();
  });
  canvas.addEventListener("focus", () => {
    roll.focused = true;
    if (canvas.matches(":focus-visible")) roll.setCursor(roll.cursor.tick, roll.cursor.pitch);
    roll.redraw();
  });
  canvas.addEventListener("blur", () => {
    roll.focused = false;
    roll.redraw();
  });
}

// The help: which key does what. Shown over the canvas.
const HELP = [
  ["← → ↑ ↓", "arrows"], ["Shift + ← → ↑ ↓", "far"], ["Enter", "enter"], ["N / P", "next"], ["[ ]", "length"], [", .", "loud"],
  ["Delete", "delete"], ["Ctrl + C X V", "copy"], ["Ctrl + Z Y", "undo"], ["Ctrl + A", "all"], ["Q", "quantize"], ["L", "lock"],
  ["D", "draw"], ["B", "bar"], ["R", "rewrite"], ["T", "track"], ["M / S", "mute"], ["Space", "play"], ["H", "here"],
  ["J", "jump"], ["+ − * /", "zoom"], ["F", "fit"], ["Esc", "escape"],
];

function createHelp(roll, panel, canvas) {
  const { words } = roll;
  const list = panel.querySelector("dl"), close = panel.querySelector("button");
  panel.setAttribute("aria-label", words.help);
  panel.querySelector("h4").textContent = words.help;
  panel.querySelector(".by-mouse").textContent = words.help_mouse;
  close.setAttribute("aria-label", words.close);
  for (const [keys, name] of HELP) {
    const line = document.createElement("div"), key = document.createElement("dt"), text = document.createElement("dd");
    key.textContent = keys;
    text.textContent = words["help_" + name];
    line.append(key, text);
    list.append(line);
  }
  const help = {
    open: false,
    show(open) {
      help.open = open;
      panel.hidden = !open;
      (open ? close : canvas).focus({ preventScroll: true });
    },
  };
  close.addEventListener("click", () => help.show(false));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") help.show(false);
  });
  return help;
}
