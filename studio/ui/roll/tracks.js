// The list of tracks: colour, name, instrument, mute and solo; which one is drawn into, and which are to be rewritten.
// Where music may be changed, so may be what plays a track, and there may be more tracks.
//
// Names come from visitors: they only ever go into textContent and attributes.

const FAMILIES = [
  "piano", "chromatic", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe", "lead", "pad", "effects",
  "ethnic", "percussive", "sounds",
]; // of eight programs each, in their order
const KIT = "kit"; // among the programs to choose from, where drums are on offer

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
      if (music.editable && music.tracks.length < roll.mostTracks) list.append(another());
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
        if (parts.drop) parts.drop.hidden = !editor.canRemove(i);
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
    const name = document.createElement("button"), title = document.createElement("span");
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
    name.append(title);
    name.title = tracks.name(i) + " · " + roll.instrument(track);
    name.addEventListener("click", () => roll.setTrack(i, true));
    const mute = button(words.mute_short, words.mute + ": " + tracks.name(i), () => tracks.mute(i));
    const solo = button(words.solo_short, words.solo + ": " + tracks.name(i), () => tracks.solo(i));
    item.append(tick, name);
    if (music.editable && !track.drum) item.append(choice(track, i));
    else name.append(played(track));
    item.append(mute, solo);
    const parts = { item, tick, name, mute, solo };
    if (!music.editable) return parts;
    parts.drop = button("×", words.remove_track + ": " + tracks.name(i), () => editor.removeTrack());
    item.append(parts.drop);
    return parts;
  }

  function played(track) {
    const plays = document.createElement("span");
    plays.textContent = roll.instrument(track);
    plays.className = "instrument";
    return plays;
  }

  function families() {
    return FAMILIES.map((family, i) => {
      const group = document.createElement("optgroup");
      group.label = words["family_" + family];
      for (let program = 8 * i; program < 8 * i + 8; program++) group.append(new Option(roll.instruments[program], program));
      return group;
    });
  }

  // What plays a track, to be chosen: it is heard at once.
  function choice(track, i) {
    const select = document.createElement("select");
    select.className = "instrument";
    select.append(...families());
    select.value = track.program;
    select.title = words.instrument;
    select.setAttribute("aria-label", words.instrument + ": " + tracks.name(i));
    select.addEventListener("change", () => {
      editor.play(i, Number(select.value));
      const first = music.notes[i][0];
      roll.audition({ pitch: first ? first.pitch : 60, track: i, velocity: 90 });
      rows[i].item.querySelector("select").focus();
    });
    return select;
  }

  // One more track: by choosing what shall play it.
  function another() {
    const item = document.createElement("li"), select = document.createElement("select");
    item.className = "another";
    const asked = new Option(words.add_track, "", true, true);
    asked.disabled = true;
    select.append(asked, new Option(roll.instrument({ drum: true }), KIT), ...families());
    select.setAttribute("aria-label", words.add_track);
    select.addEventListener("change", () => editor.addTrack(Number(select.value) || 0, select.value === KIT));
    item.append(select);
    return item;
  }

  function changed() {
    tracks.show();
    roll.redraw(true);
    roll.transport.again();
  }

  return tracks;
}
