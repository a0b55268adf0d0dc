// The bars that are chosen in the ruler, and what can be done with them: rewrite, copy, delete.

function createBars(roll, panel) {
  const { music, editor, words } = roll;
  const said = panel.querySelector(".which");
  const [rewrite, copy, remove, close] = panel.querySelectorAll("button");

  const bars = {
    chosen: null, // [first, last] by index from 0, in the order in which they were chosen

    choose(first, last = first) {
      bars.chosen = first === null ? null : [first, last];
      bars.show();
      if (bars.chosen) roll.say(said.textContent);
      roll.redraw();
    },

    range: () => [Math.min(...bars.chosen), Math.max(...bars.chosen)],

    ticks() {
      const [first, last] = bars.range().map((i) => Math.min(i, music.bars.length - 1));
      return { from: music.bars[first].start, to: music.bars[last].end };
    },

    // The notes that begin in the chosen bars of the ticked tracks.
    notes() {
      const { from, to } = bars.ticks();
      return roll.ticked().flatMap((i) => music.notes[i].filter((n) => n.onset >= from && n.onset < to));
    },

    copy() {
      if (bars.chosen) editor.copy(bars.notes(), bars.ticks().from);
    },

    remove() {
      if (bars.chosen && music.editable) editor.remove(bars.notes());
    },

    rewrite() {
      if (!bars.chosen || !roll.rewritable || !roll.ticked().length) return;
      const [first, last] = bars.range();
      const locked = bars.notes().filter((note) => note.state & LOCKED).map((n) => [n.track, n.onset, n.pitch]);
      roll.send();
      roll.rewrite({ first_bar: first + 1, last_bar: last + 1, tracks: roll.ticked(), locked });
    },

    show() {
      panel.hidden = !bars.chosen;
      if (!bars.chosen) return;
      const [first, last] = bars.range(), ticked = roll.ticked();
      const which = filled(first === last ? words.one_bar : words.several_bars, { first: first + 1, last: last + 1 });
      const all = ticked.length === music.tracks.length;
      said.textContent = which + " · " + (all ? words.all_tracks : ticked.map(roll.trackName).join(", ") || words.no_track);
      rewrite.hidden = !roll.rewritable;
      rewrite.disabled = !ticked.length;
      remove.hidden = copy.hidden = !music.editable;
    },
  };

  rewrite.textContent = words.rewrite;
  copy.textContent = words.copy;
  remove.textContent = words.delete;
  close.setAttribute("aria-label", words.let_go);
  close.title = words.let_go;
  rewrite.addEventListener("click", bars.rewrite);
  copy.addEventListener("click", bars.copy);
  remove.addEventListener("click", bars.remove);
  close.addEventListener("click", () => bars.choose(null));
  return bars;
}
