// What is done to the notes: selection, commands, undo and redo, copy and paste. Knows the music, neither canvas nor keys.
//
// Every command gives new lists of notes, or of tracks; the old ones are kept for undo.

const MOST_UNDO = 200;

function createEditor(roll) {
  const { music } = roll;
  let undone = [], done = [], clipboard = null;

  const editor = {
    selected: new Set(), // ids
    track: 0, // that is drawn into
    grid: { part: 8, triplet: false },
    length: 0, // ticks of the next note, 0: one step of the grid
    loudness: 90,

    // Ticks of one step of the grid.
    step: () => Math.max(1, (music.resolution * 4 * (editor.grid.triplet ? 2 / 3 : 1)) / editor.grid.part),
    noteLength: () => Math.max(1, Math.round(editor.length || editor.step())),

    // The grid's line at or before a tick, or the nearest one. The grid starts anew with each bar.
    snap(tick, rounding = Math.floor) {
      const bar = music.barAt(tick), step = editor.step();
      const snapped = Math.round(bar.start + rounding((tick - bar.start) / step) * step);
      return Math.max(0, Math.min(snapped, Math.max(bar.end, tick)));
    },

    chosen: () => (editor.selected.size ? music.all().filter((note) => editor.selected.has(note.id)) : []),
    canUndo: () => done.length > 0,
    canRedo: () => undone.length > 0,
    canPaste: () => clipboard !== null,

    forget() {
      done = [];
      undone = [];
      editor.selected.clear();
    },

    select(notes, more = false) {
      if (!more) editor.selected.clear();
      for (const note of notes) editor.selected.add(note.id);
      roll.selectionChanged();
    },

    toggle(note) {
      if (!editor.selected.delete(note.id)) editor.selected.add(note.id);
      roll.selectionChanged();
    },

    selectAll: () => editor.select(music.all()),

    // The notes as they shall be from now on; `before` are those that undo brings back.
    commit(notes, before = music.notes) {
      if (!music.editable || notes.flat().length > roll.mostNotes) return false;
      keep({ notes: before, tracks: music.tracks });
      editor.show(notes);
      roll.edited();
      return true;
    },

    // The same for the time being: while something is dragged.
    show(notes) {
      music.put(notes);
      roll.notesChanged();
    },

    undo: () => travel(done, undone),
    redo: () => travel(undone, done),

    // --- the tracks themselves: more of them, or fewer, only behind the last

    play: (track, program) => retrack(music.tracks.map((one, i) => (i === track ? { ...one, program } : one)), music.notes),

    addTrack(program, drum) {
      if (music.tracks.length >= roll.mostTracks) return;
      retrack([...music.tracks, { name: "", program, drum }], [...music.notes, []]);
      roll.setTrack(music.tracks.length - 1, true);
    },

    canRemove: (track) => track > 0 && track === music.tracks.length - 1 && !music.notes[track].length,

    removeTrack() {
      if (editor.canRemove(music.tracks.length - 1)) retrack(music.tracks.slice(0, -1), music.notes.slice(0, -1));
    },

    add(notes) {
      const next = music.notes.map((list, i) => {
        const more = notes.filter((note) => note.track === i);
        return more.length ? [...list, ...more].sort(inOrder) : list;
      });
      if (!editor.commit(next)) return;
      editor.select(notes);
    },

    remove(notes) {
      const ids = new Set(notes.map((note) => note.id));
      if (!ids.size) return;
      const next = music.notes.map((list) => (list.some((n) => ids.has(n.id)) ? list.filter((n) => !ids.has(n.id)) : list));
      for (const id of ids) editor.selected.delete(id);
      editor.commit(next);
      roll.selectionChanged();
    },

    // `notes` with each of those chosen replaced by what `change` makes of it.
    changed(notes, change) {
      return notes.map((list) => {
        if (!list.some((note) => editor.selected.has(note.id))) return list;
        return list.map((n) => (editor.selected.has(n.id) ? { ...n, ...change(n) } : n)).sort(inOrder);
      });
    },

    change(how) {
      if (editor.selected.size) editor.commit(editor.changed(music.notes, how));
    },

    // How far the chosen notes of `notes` may move, when `ticks` and `pitches` are asked for.
    within(notes, ticks, pitches) {
      const chosen = notes.flat().filter((note) => editor.selected.has(note.id));
      const pitched = chosen.filter((note) => !music.tracks[note.track].drum);
      const most = (list, of) => list.reduce((most, note) => Math.max(most, of(note)), -Infinity);
      return {
        ticks: between(most(chosen, (n) => -n.onset), ticks, music.limit - most(chosen, (n) => n.onset + n.duration)),
        pitches: pitched.length ? between(most(pitched, (n) => -n.pitch), pitches, 127 - most(pitched, (n) => n.pitch)) : 0,
      };
    },

    moved(notes, ticks, pitches) {
      const far = editor.within(notes, ticks, pitches);
      return editor.changed(notes, (note) => ({
        onset: note.onset + far.ticks,
        pitch: note.pitch + (music.tracks[note.track].drum ? 0 : far.pitches),
      }));
    },

    move: (ticks, pitches) => editor.commit(editor.moved(music.notes, Math.round(ticks), pitches)),
    stretched: (notes, ticks) =>
      editor.changed(notes, (note) => ({ duration: between(1, note.duration + ticks, music.limit - note.onset) })),
    stretch: (steps) => editor.commit(lengthened(steps)),
    louder: (by) => editor.change((note) => ({ velocity: between(1, note.velocity + by, 127) })),
    loud: (velocity) => editor.change(() => ({ velocity })),
    quantize: () => editor.change((note) => ({ onset: editor.snap(note.onset, Math.round) })),

    lock() {
      const chosen = editor.chosen(), all = chosen.every((note) => note.state & LOCKED);
      editor.change((note) => ({ state: all ? note.state & ~LOCKED : note.state | LOCKED }));
    },

    // Notes are kept with the tick they are counted from: the bar of the first, or the one that is given.
    copy(notes = editor.chosen(), from = null) {
      if (!notes.length) return;
      const first = notes.reduce((least, note) => Math.min(least, note.onset), Infinity);
      clipboard = { notes, from: from === null ? editor.snap(first) : from };
      roll.selectionChanged();
    },

    cut() {
      editor.copy();
      editor.remove(editor.chosen());
    },

    paste(tick) {
      if (!clipboard) return;
      const notes = clipboard.notes
        .filter((n) => n.track < music.tracks.length)
        .map((n) => makeNote(n.track, n.onset - clipboard.from + tick, n.pitch, n.duration, n.velocity, 0))
        .filter((n) => n.onset >= 0 && n.onset + n.duration <= music.limit);
      if (notes.length) editor.add(notes);
    },
  };

  // Longer or shorter by steps of the grid, never below one step (a shorter note stays as it is).
  function lengthened(steps) {
    const step = Math.round(editor.step());
    return editor.changed(music.notes, (note) => ({
      duration: between(Math.min(step, note.duration), note.duration + steps * step, music.limit - note.onset),
    }));
  }

  function keep(before) {
    done.push(before);
    if (done.length > MOST_UNDO) done.shift();
    undone = [];
  }

  function retrack(tracks, notes) {
    if (!music.editable) return;
    keep({ notes: music.notes, tracks: music.tracks });
    become({ notes, tracks });
    roll.edited();
  }

  function become({ notes, tracks }) {
    const other = tracks !== music.tracks;
    music.put(notes, tracks);
    editor.track = Math.min(editor.track, tracks.length - 1);
    if (other) roll.retracked();
    roll.notesChanged();
  }

  function travel(from, to) {
    if (!from.length || !music.editable) return;
    to.push({ notes: music.notes, tracks: music.tracks });
    become(from.pop());
    const there = new Set(music.all().map((note) => note.id));
    for (const id of editor.selected) if (!there.has(id)) editor.selected.delete(id);
    roll.edited();
    roll.selectionChanged();
  }

  return editor;
}
