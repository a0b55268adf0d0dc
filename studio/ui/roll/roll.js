// The piano roll: puts its parts together. What props.value holds is told in value.py; props.labels are {language, name}.
//
// `edit()` is called a moment after the last change, props.value then being the value with the notes as they are now;
// `rewrite` with {first_bar, last_bar, tracks, locked: [[track, onset, pitch], ...]}, bars counted from 1.
// SHARED is what the page's head brings: {template, mostNotes, mostTracks, languages}.

const PAUSE_MS = 300; // after the last change, until it is told
const LONGEST_AUDITION_MS = 70; // between two, while keys are held down

function createRoll({ element, props, watch, edit, rewrite }) {
  const find = (selector) => element.querySelector(selector);
  const frame = find(".piano-roll");
  frame.innerHTML = SHARED.template;
  const stage = find(".stage"), status = find(".status-line");
  const base = find(".notes"), over = find(".over"), small = find(".overview canvas"), sight = find(".sight");

  const texts = SHARED.languages[props.labels.language];
  const roll = {
    element,
    frame,
    rewrite,
    words: { ...texts.words, name: props.labels.name },
    instruments: texts.instruments,
    mostNotes: SHARED.mostNotes,
    mostTracks: SHARED.mostTracks,
    tool: "select",
    cursor: { tick: 0, pitch: 60, shown: false },
    focused: false,
    follow: true,
    band: null,
    pressed: null,
    dragging: false,
    rewritable: false,
    sound: null,
  };
  let unsent = 0, later = null, wanted = { base: true, over: true, small: true }, drawing = 0, auditioned = 0;
  let resetView = true;

  roll.music = createMusic();
  roll.view = createView(roll);
  roll.editor = createEditor(roll);
  const { music, view, editor } = roll;
  const leaving = new AbortController();
  roll.listen = (target, name, act) => target.addEventListener(name, act, { signal: leaving.signal });
  roll.drumName = (pitch) => texts.drums[pitch] || filled(roll.words.drum, { pitch });
  roll.instrument = ({ program, drum }) => (drum ? texts.kit : texts.instruments[program]);

  // --- what the parts ask of each other

  roll.heard = (track) => roll.tracks.heard(track);
  roll.heardQuery = (address) => roll.tracks.query(address);
  roll.trackName = (track) => roll.tracks.name(track);
  roll.ticked = () => roll.tracks.ticked();
  roll.mute = (track) => roll.tracks.mute(track);
  roll.solo = (track) => roll.tracks.solo(track);
  roll.loudnessY = (velocity) => view.height - 3 - (velocity / 127) * (LOUDNESS - 8);
  roll.loudnessAt = (y) => between(1, Math.round(((view.height - 3 - y) / (LOUDNESS - 8)) * 127), 127);
  roll.scrolledByHand = () => (roll.follow = false);
  roll.pastePlace = () => (roll.cursor.shown ? roll.cursor.tick : editor.snap(music.tick(roll.transport.at())));

  roll.noteAtCursor = () => {
    let found = null;
    const { tick, pitch } = roll.cursor;
    music.sounding(editor.track, tick, tick + 1, (note) => {
      if (note.pitch === pitch) found = note;
    });
    return found;
  };

  roll.setCursor = (tick, pitch, reveal = true) => {
    roll.cursor = { tick: between(0, tick, music.limit - 1), pitch, shown: true };
    if (reveal) view.reveal(tick, music.tracks[editor.track].drum ? null : pitch);
    roll.selectionChanged();
  };

  roll.setTrack = (track, told = false) => {
    editor.track = track;
    roll.tracks.show();
    if (told) {
      roll.cursor.pitch = homePitch(track);
      roll.say(roll.trackName(track) + ", " + roll.instrument(music.tracks[track]));
    }
    roll.redraw();
  };

  // Where the cursor lies in a track at first: among its notes, and on a line of the drums that is shown.
  function homePitch(track) {
    const first = music.notes[track][0];
    if (first) return first.pitch;
    return music.tracks[track].drum ? view.kit[view.kit.length - 1] : 60;
  }

  roll.setTool = (tool) => {
    roll.tool = tool;
    over.style.touchAction = tool === "draw" ? "none" : "pan-y";
    roll.showTools();
  };

  // Draw a note into the track at hand, or into one of the other kind where the place is such a one's.
  roll.draw = (tick, pitch, drum) => {
    const fits = music.tracks[editor.track].drum === drum;
    const track = fits ? editor.track : music.tracks.findIndex((one) => one.drum === drum);
    if (track < 0 || tick >= music.limit) return null;
    const length = Math.min(drum ? Math.round(editor.step()) : editor.noteLength(), music.limit - tick);
    const note = makeNote(track, tick, pitch, length, editor.loudness, 0);
    if (track !== editor.track) roll.setTrack(track);
    editor.add([note]);
    roll.audition(note);
    return editor.selected.has(note.id) ? note : null;
  };

  roll.audition = ({ pitch, track, velocity = editor.loudness }) => {
    const time = performance.now();
    if (!window.studioSound || !roll.sound || !music.tracks[track] || time - auditioned < LONGEST_AUDITION_MS) return;
    auditioned = time;
    const { program, drum } = music.tracks[track];
    window.studioSound.audition("sound/note?program=" + program + "&drum=" + (drum ? 1 : 0) + "&pitch=" + pitch + "&velocity=" + velocity);
  };

  roll.zoom = (factor) => {
    view.zoomTime(factor, roll.cursor.shown && roll.focused ? view.x(roll.cursor.tick) : undefined);
    roll.redraw();
  };
  roll.zoomRows = (factor) => {
    view.zoomRows(factor);
    roll.redraw();
  };
  roll.fit = () => {
    view.fit(QUARTER.first * 2, QUARTER.least);
    roll.redraw();
  };

  roll.say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };

  roll.selectionChanged = () => {
    roll.say(roll.speech.now());
    roll.showTools();
    roll.redraw();
  };

  roll.notesChanged = () => {
    view.arrange();
    roll.bars.show();
    roll.redraw(true);
  };

  // Other tracks than before, or other instruments.
  roll.retracked = () => {
    roll.tracks.build();
    frame.classList.toggle("editable", music.roomy());
    frame.classList.toggle("with-drums", music.tracks.some((track) => track.drum));
    view.resize(stage.clientWidth, stage.clientHeight);
  };

  // --- what is told to Python

  roll.edited = () => {
    music.revision += 1;
    window.clearTimeout(unsent);
    unsent = window.setTimeout(roll.send, PAUSE_MS);
    roll.say(roll.speech.now());
    roll.showTools();
  };

  // Tell what is not yet told; whether there was anything.
  roll.send = () => {
    if (!unsent) return false;
    window.clearTimeout(unsent);
    unsent = 0;
    props.value = music.text();
    edit();
    return true;
  };

  // --- what comes from Python

  function take(text) {
    if (!text) {
      frame.hidden = true;
      return;
    }
    if (roll.dragging) {
      later = text;
      return;
    }
    const value = JSON.parse(text), other = value.piece !== music.piece;
    const chosen = other ? new Set() : new Set(editor.chosen().map(sameness));
    const pointed = pointedAt(), known = JSON.stringify(music.tracks), before = [music.editable, music.growing].join(), had = written();
    const fresh = music.load(value);
    frame.hidden = false;
    roll.rewritable = value.rewritable;
    roll.sound = value.sound;
    if (other) begin();
    else if (fresh) {
      if (chosen.size) editor.selected = new Set(music.all().filter((n) => chosen.has(sameness(n))).map((n) => n.id));
    }
    editor.track = Math.min(editor.track, music.tracks.length - 1);
    const retracked = known !== JSON.stringify(music.tracks);
    // Undo leads back only within the same notes: another take is not to become the one before it.
    if ((retracked || had !== written()) && !other) editor.forget();
    if (retracked || other || before !== [music.editable, music.growing].join()) roll.retracked();
    else roll.tracks.show();
    frame.classList.toggle("parted", music.parted);
    if (other) roll.cursor.pitch = homePitch(editor.track);
    if (resetView) firstSight();
    if (other && value.play) bringIntoSight();
    if (music.span && pointedAt() !== pointed) point();
    roll.bars.show();
    roll.transport.load(value.sound, value.play ? value.play.from : null);
    roll.selectionChanged();
    roll.redraw(true);
  }

  // Which notes are marked; what is newly pointed at is brought into sight.
  const pointedAt = () => music.all().filter((note) => note.state & MARKED).map(sameness).join();

  function point() {
    const first = music.all().filter((note) => note.state & MARKED).sort(inOrder)[0];
    view.reveal(first.onset, music.tracks[first.track].drum ? null : first.pitch);
    roll.scrolledByHand();
    bringIntoSight();
  }

  const written = () => music.all().map(sameness).join();
  const sameness = (note) => [note.track, note.onset, note.pitch, note.duration, note.velocity].join(" ");

  function begin() {
    editor.forget();
    editor.track = Math.max(0, music.tracks.findIndex((track) => !track.drum));
    roll.tracks.reset();
    roll.bars.choose(null);
    roll.cursor = { tick: 0, pitch: 60, shown: false };
    roll.transport.rewind();
    roll.follow = true;
    resetView = true;
  }

  // What plays by itself is to be seen too.
  function bringIntoSight() {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    frame.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
  }

  function firstSight() {
    if (!view.width) return;
    resetView = false;
    view.fit(QUARTER.first, 14);
    if (!music.region) return;
    const bar = music.barAt(music.region[0]);
    // The new part from its beginning, with the bar that it goes on from.
    view.left = music.bars[Math.max(0, bar.index - 1)].start;
    view.clamp();
  }

  roll.settled = () => {
    const text = later;
    later = null;
    if (text) take(text);
  };

  // --- painting, at most once a frame

  const paintBase = createPainter(roll, base.getContext("2d", { alpha: false }));
  const paintOver = createOverlay(roll, over.getContext("2d"));
  const overview = createOverview(roll, small, small.getContext("2d", { alpha: false }));

  // Notes and canvases; the overview only where it changes.
  roll.redraw = (overview = false) => {
    wanted = { base: true, over: true, small: wanted.small || overview === true };
    if (!drawing) drawing = requestAnimationFrame(paint);
  };

  roll.animate = () => {
    wanted.over = true;
    if (!drawing) drawing = requestAnimationFrame(paint);
  };

  function paint() {
    drawing = 0;
    if (frame.hidden) return;
    if (transportFollows()) wanted = { base: true, over: true, small: wanted.small };
    if (wanted.base) paintBase();
    if (wanted.small) overview.paint();
    if (wanted.over) paintOver();
    const [left, width] = overview.inSight();
    sight.style.transform = "translateX(" + left + "px)";
    sight.style.width = Math.max(8, width) + "px";
    wanted = { base: false, over: false, small: false };
    if (!roll.transport.playing) return;
    roll.transport.show();
    roll.animate();
  }

  // Keep the playhead in sight while it moves, unless the visitor has looked elsewhere.
  function transportFollows() {
    if (!roll.transport.playing || !roll.follow || roll.dragging) return false;
    const x = view.x(music.tick(roll.transport.at())), before = view.left;
    if (x < view.keys || x > view.keys + (view.width - view.keys) * 0.88) {
      view.left = view.tickAt(x) - ((view.width - view.keys) * 0.12) / view.scale;
      view.clamp();
    }
    return view.left !== before;
  }

  function sized(canvas, width, height) {
    const sharp = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    canvas.getContext("2d").setTransform(sharp, 0, 0, sharp, 0, 0);
  }

  function fitted() {
    const { clientWidth: width, clientHeight: height } = stage;
    if (!width || frame.hidden) return;
    for (const canvas of [base, over]) sized(canvas, width, height);
    sized(small, small.parentElement.clientWidth, OVERVIEW);
    view.resize(width, height);
    if (resetView) firstSight();
    roll.redraw(true);
  }

  // --- together

  roll.speech = createSpeech(roll);
  roll.tracks = createTrackList(roll, find(".tracks"));
  roll.bars = createBars(roll, find(".bar-actions"));
  roll.transport = createTransport(roll, find);
  roll.showTools = connectTools(roll, find);
  roll.help = createHelp(roll, find(".help"), over);
  connectPointer(roll, over);
  connectKeys(roll, over);
  connectOverview(roll, find(".overview"), overview);

  over.setAttribute("aria-label", roll.words.name);
  over.setAttribute("aria-roledescription", roll.words.role);
  new ResizeObserver(fitted).observe(stage);
  new MutationObserver(() => {
    roll.tracks.show();
    roll.redraw(true);
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  // Gone from the page: let go of the document.
  new MutationObserver((_, observer) => {
    if (element.isConnected) return;
    leaving.abort();
    observer.disconnect();
  }).observe(document.body, { childList: true, subtree: true });

  watch("value", () => take(props.value));
  take(props.value);
  fitted();
  element.dataset.ready = "true";
}
