// window.studioSound: the one player of the page. It fetches 16-bit stereo at 44,100 Hz and plays it while it comes in.
//
//   play({url, from, owner, onstate})  from `from` seconds of the music on; owner: the element whose music it is.
//                                      Without a url: go on where it was paused
//   pause(), stop()                    stop forgets whose music it was
//   position()                         seconds of the music, by the audio clock: it stands while the music is waited for
//   playing, stalled, owner, volume    volume 0-1 may be set; it is kept for the next visit
//   audition(url)                      a short sound, at once, over whatever plays
//
// Whenever something changes, `onstate` and the document's event `studio-sound` tell {owner, playing, stalled, ended,
// error}; error is a sentence or null.

window.studioSound = (() => {
  const RATE = 44100, FRAME = 4; // bytes of a frame
  const FIRST = 0.08; // seconds that have to be there before it starts,
  const AGAIN = 0.3; // and before it goes on after it ran dry
  const PIECE = 0.1; // seconds that are handed to the audio clock at a time
  const LEAD = 12; // seconds that are fetched ahead, at most
  const SOON = 0.02; // seconds from now at which a sound is certain to be in time
  const RAMP = 0.005; // seconds in which it becomes loud or silent: anything shorter clicks
  const FADE = 0.012; // seconds before it runs dry in which it becomes silent
  const KEPT = 64; // auditioned sounds

  let context = null, master = null;
  let now = null; // what plays, or was paused: see `begin`
  const heard = new Map(); // what was auditioned, by address

  // --- the audio clock

  const kept = () => {
    const text = localStorage.getItem("studio-volume"), number = Number(text);
    return text !== null && number >= 0 && number <= 1 ? number : 1;
  };

  function clock() {
    if (!context) {
      context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      master = context.createGain();
      master.gain.value = kept();
      master.connect(context.destination);
    }
    if (context.state === "suspended") context.resume();
    return context;
  }
  // Browsers let a page sound only after its visitor has done something.
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, clock, { capture: true });

  // The studio's own address: the page may be that of another language.
  const address = (url) => {
    const root = (window.gradio_config && window.gradio_config.root) || document.baseURI;
    return new URL(url, root.endsWith("/") ? root : root + "/");
  };

  const words = () => {
    const { words: all = {}, language } = window.studio || {};
    const here = (window.gradio_config && window.gradio_config.current_page) || language;
    return (all[here] || {}).sound || {};
  };

  // --- what is told

  function tell(run, changes) {
    if (run !== now) return;
    Object.assign(run, changes);
    const { owner, playing, stalled, ended, error } = run;
    const detail = { owner, playing, stalled, ended, error };
    if (run.onstate) run.onstate(detail);
    document.dispatchEvent(new CustomEvent("studio-sound", { detail }));
  }

  // --- playing

  function begin({ url, from = 0, owner = null, onstate = null }) {
    const gain = clock().createGain();
    gain.gain.value = 0;
    gain.connect(master);
    return {
      url, from, owner, onstate, gain,
      playing: true, stalled: false, ended: false, error: null,
      abort: new AbortController(),
      waiting: [], frames: 0, // what came in and is not handed over yet, and how much it is
      whole: false, // all of it came in
      started: false,
      sources: new Set(),
      music: from, // second of the music that is handed over next,
      next: 0, // and when it sounds, by the audio clock
      rises: false, // what is handed over next comes after silence
      faded: false, // it becomes silent at `next`, unless more comes
      timer: 0,
    };
  }

  function play(options = {}) {
    const before = now;
    const asked = options.url ? options : before && { ...before, from: before.ended ? 0 : position() };
    if (!asked) return;
    if (before) leave(before);
    if (before && before.owner !== (asked.owner || null)) tell(before, { playing: false, stalled: false });
    for (const other of document.querySelectorAll("audio, video")) other.pause();
    const run = (now = begin(asked));
    tell(run, {});
    read(run).catch((error) => {
      if (error.name !== "AbortError") fail(run, words().gone || "The studio does not answer.");
    });
  }

  async function read(run) {
    const url = address(run.url);
    if (run.from) url.searchParams.set("from", run.from.toFixed(4));
    const answer = await fetch(url, { signal: run.abort.signal, cache: "no-store" });
    if (!answer.ok) {
      const told = answer.status === 404 ? words().lost : await answer.text();
      return fail(run, told || String(answer.status));
    }
    const reader = answer.body.getReader();
    let rest = new Uint8Array(0);
    run.timer = setInterval(() => look(run), 10);
    for (;;) {
      const { value, done } = await reader.read();
      if (run !== now || run.abort.signal.aborted) return;
      if (done) break;
      const bytes = joined(rest, value);
      const end = bytes.length - (bytes.length % FRAME);
      rest = bytes.slice(end);
      if (end) {
        run.waiting.push(bytes.subarray(0, end));
        run.frames += end / FRAME;
      }
      hand(run);
      while (run === now && ahead(run) > LEAD) await new Promise((resume) => setTimeout(resume, 200));
    }
    run.whole = true;
    hand(run);
  }

  const joined = (one, two) => {
    if (!one.length) return two;
    const both = new Uint8Array(one.length + two.length);
    both.set(one);
    both.set(two, one.length);
    return both;
  };

  // Seconds that are there and have not sounded yet.
  const ahead = (run) => run.frames / RATE + (run.started ? Math.max(0, run.next - context.currentTime) : 0);

  // Hands over what is there to the audio clock: at first, and after it ran dry, not before there is enough of it.
  function hand(run) {
    if (run !== now || !run.playing) return;
    if (!run.started || run.stalled) {
      const enough = run.whole || run.frames / RATE >= (run.stalled ? AGAIN : FIRST);
      if (!enough || !run.frames) return;
      run.next = Math.ceil((context.currentTime + SOON) * RATE) / RATE;
      loud(run);
      const stalled = run.stalled;
      run.started = true;
      run.stalled = false;
      if (stalled) tell(run, {});
    } else if (run.faded && run.frames) {
      if (run.next < context.currentTime + 0.002) return; // too late for what is there to follow on
      rise(run, context.currentTime);
    }
    while (run.frames && (run.whole || run.frames >= PIECE * RATE || run.next - context.currentTime < 2 * PIECE)) {
      if (run.next < context.currentTime) break; // too late: `look` says that it is waited for
      sound(run, taken(run, Math.min(run.frames, Math.round(PIECE * RATE))));
    }
  }

  // The next so many frames, left and right.
  function taken(run, frames) {
    const buffer = context.createBuffer(2, frames, RATE);
    const left = buffer.getChannelData(0), right = buffer.getChannelData(1);
    run.frames -= frames;
    for (let at = 0; at < frames; ) {
      const bytes = run.waiting[0];
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const count = Math.min(frames - at, bytes.length / FRAME);
      for (let i = 0; i < count; i++) {
        left[at + i] = view.getInt16(i * FRAME, true) / 32768;
        right[at + i] = view.getInt16(i * FRAME + 2, true) / 32768;
      }
      at += count;
      if (count * FRAME === bytes.length) run.waiting.shift();
      else run.waiting[0] = bytes.subarray(count * FRAME);
    }
    // In the sound itself: on a busy machine it begins later than it was asked to, when a gain has risen already.
    for (let i = 0, rise = Math.min(frames, RAMP * RATE); run.rises && i < rise; i++) {
      left[i] *= i / rise;
      right[i] *= i / rise;
    }
    run.rises = false;
    return buffer;
  }

  function sound(run, buffer) {
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(run.gain);
    source.start(run.next);
    run.sources.add(source);
    source.onended = () => {
      run.sources.delete(source);
      source.disconnect();
    };
    // Whole frames: adding up seconds would drift, and what starts between two frames is resampled.
    run.next = (Math.round(run.next * RATE) + buffer.length) / RATE;
    run.music += buffer.length / RATE;
  }

  // From here on, out of silence.
  const loud = (run) => {
    run.gain.gain.cancelScheduledValues(0);
    run.gain.gain.value = 1;
    run.faded = false;
    run.rises = true;
  };

  const rise = (run, at) => {
    const gain = run.gain.gain, from = gain.value;
    gain.cancelScheduledValues(0);
    gain.setValueAtTime(from, at);
    gain.linearRampToValueAtTime(1, at + RAMP);
    run.faded = false;
  };

  // Looks every few milliseconds whether it is over, or runs dry.
  function look(run) {
    if (run !== now || !run.started || !run.playing) return;
    hand(run);
    const left = run.next - context.currentTime;
    if (run.whole && !run.frames) {
      if (left <= 0) end(run);
      return;
    }
    if (run.stalled) return;
    if (left <= 0) {
      run.faded = true;
      tell(run, { stalled: true });
    } else if (left < 2 * FADE + 0.01 && !run.faded && !run.frames) {
      const gain = run.gain.gain;
      gain.setValueAtTime(1, Math.max(context.currentTime, run.next - FADE));
      gain.linearRampToValueAtTime(0, run.next);
      run.faded = true;
    }
  }

  function end(run) {
    clearInterval(run.timer);
    tell(run, { playing: false, ended: true });
  }

  function fail(run, error) {
    if (run !== now) return;
    run.from = position();
    leave(run);
    tell(run, { playing: false, stalled: false, error });
  }

  // Ends the fetching and the sound, softly.
  function leave(run) {
    run.abort.abort();
    clearInterval(run.timer);
    const at = context.currentTime + SOON, gain = run.gain.gain, level = gain.value;
    gain.cancelScheduledValues(0);
    gain.setValueAtTime(level, context.currentTime);
    gain.setValueAtTime(level, at);
    gain.linearRampToValueAtTime(0, at + RAMP);
    for (const source of run.sources) source.stop(at + RAMP + 0.001);
    setTimeout(() => run.gain.disconnect(), 200);
    run.waiting = [];
    run.frames = 0;
    run.started = false;
  }

  function pause() {
    if (!now || !now.playing) return;
    now.from = position();
    leave(now);
    tell(now, { playing: false, stalled: false });
  }

  function stop() {
    if (!now) return;
    leave(now);
    now.from = 0;
    tell(now, { playing: false, stalled: false, ended: false, owner: null });
    now = null;
  }

  function position() {
    if (!now) return 0;
    if (!now.started) return now.from;
    return Math.max(now.from, now.music - Math.max(0, now.next - context.currentTime));
  }

  // --- short sounds

  async function audition(url) {
    clock();
    if (!heard.has(url)) {
      if (heard.size >= KEPT) heard.delete(heard.keys().next().value);
      heard.set(url, fetched(url));
    }
    const buffer = await heard.get(url);
    if (!buffer) return void heard.delete(url);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(master);
    source.start();
  }

  async function fetched(url) {
    try {
      const answer = await fetch(address(url));
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const frames = answer.ok ? Math.floor(bytes.length / FRAME) : 0;
      return frames ? taken({ waiting: [bytes.subarray(0, frames * FRAME)], frames }, frames) : null;
    } catch {
      return null;
    }
  }

  // One thing sounds at a time: another player of the page ends this one.
  document.addEventListener("play", pause, { capture: true });

  return {
    play, pause, stop, position, audition,
    get playing() { return Boolean(now && now.playing); },
    get stalled() { return Boolean(now && now.stalled); },
    get owner() { return now ? now.owner : null; },
    get volume() { return kept(); },
    set volume(share) {
      const level = Math.min(1, Math.max(0, Number(share) || 0));
      localStorage.setItem("studio-volume", String(level));
      if (master) master.gain.setTargetAtTime(level, context.currentTime, RAMP);
    },
  };
})();
