// The list of tracks: colour, name, instrument, mute and solo; which one is drawn into, and which are to be rewritten.
//
// Names come from visitors: they only ever go into textContent and attributes.

function createTrackList(roll, list) {
  const { music, editor, words } = roll;
  const muted = new Set(), alone = new Set(), left = new Set(); // by index; `left`: not to be rewritten
  let rows = [];

  const tracks = {
    heard: (i) => (alone.size ? alone.has(i) : !muted.has(i)),
    ticked: () => music.tracks.map((_, i) => i).filter((i) => !left.has(i)),
    name: (i) => music.tracks[i].name || filled(words.track, { number: i + 1 }),

    mute(i) {
      if (!muted.delete(i)) muted.add(i);
      changed();
    },

    solo(i) {
      if (!alone.delete(i)) alone.add(i);
      changed();
    },

    // Which tracks are heard, as part of the sound's address; nothing where all are.
    query(address) {
      const on = music.tracks.map((_, i) => i).filter(tracks.heard);
      if (on.length === music.tracks.length) return "";
      return (address.includes("?") ? "&" : "?") + "tracks=" + on.join(",");
    },

    // New music: all tracks are heard again.
    reset() {
      for (const set of [muted, alone, left]) set.clear();
    },

    build() {
      rows = music.tracks.map(row);
      list.replaceChildren(...rows.map((parts) => parts.item));
      list.setAttribute("aria-label", words.tracks);
      tracks.show();
    },

    show() {
      rows.forEach((parts, i) => {
        parts.item.style.setProperty("--track", trackColour(i));
        parts.item.classList.toggle("unheard", !tracks.heard(i));
        parts.item.classList.toggle("at-hand", i === editor.track);
        parts.name.setAttribute("aria-pressed", i === editor.track);
        parts.mute.setAttribute("aria-pressed", muted.has(i));
        parts.solo.setAttribute("aria-pressed", alone.has(i));
        parts.tick.checked = !left.has(i);
        parts.tick.hidden = !roll.rewritable || music.tracks.length < 2;
      });
    },
  };

  function button(text, label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.title = label;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function row(track, i) {
    const item = document.createElement("li"), tick = document.createElement("input");
    const name = document.createElement("button"), title = document.createElement("span"), plays = document.createElement("span");
    tick.type = "checkbox";
    tick.title = words.tick;
    tick.setAttribute("aria-label", words.tick + ": " + tracks.name(i));
    tick.addEventListener("change", () => {
      if (tick.checked) left.delete(i);
      else left.add(i);
      roll.bars.show();
      roll.redraw();
    });
    name.type = "button";
    name.className = "name";
    title.textContent = tracks.name(i);
    plays.textContent = track.instrument;
    plays.className = "instrument";
    name.append(title, plays);
    name.title = tracks.name(i) + " · " + track.instrument;
    name.addEventListener("click", () => roll.setTrack(i, true));
    const mute = button(words.mute_short, words.mute + ": " + tracks.name(i), () => tracks.mute(i));
    const solo = button(words.solo_short, words.solo + ": " + tracks.name(i), () => tracks.solo(i));
    item.append(tick, name, mute, solo);
    return { item, tick, name, mute, solo };
  }

  function changed() {
    tracks.show();
    roll.redraw(true);
    roll.transport.again();
  }

  return tracks;
}
