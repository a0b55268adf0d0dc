// Play, pause, seek and the clock, by way of window.studioSound, the one player of the page.
//
// The sound of props is an address; which tracks are heard and from where goes with it.

const ANSWER_MS = 1500; // that a change of the notes may take until its sound is there

const clockText = (seconds) => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");

function createTransport(roll, find) {
  const { music, words } = roll;
  const play = find(".play"), seek = find(".seek"), clock = find(".clock"), jump = find(".jump");
  let sound = null, started = null, stopped = 0, seeking = false, waiting = 0;

  const player = () => window.studioSound;
  const mine = () => Boolean(player() && player().owner === roll.element);

  const transport = {
    playing: false,
    duration: () => music.seconds(music.end),
    // Seconds of the music.
    at: () => (transport.playing && mine() ? player().position() : stopped),

    start(from = stopped) {
      if (!sound || !player()) return;
      stopped = from >= transport.duration() - 0.02 && !music.growing ? 0 : Math.max(0, from);
      if (roll.send()) {
        // What was just changed shall be heard: wait for its sound, but not for ever.
        waiting = window.setTimeout(now, ANSWER_MS);
        return;
      }
      now();
    },

    pause() {
      window.clearTimeout(waiting);
      waiting = 0;
      if (!mine() || !transport.playing) return;
      stopped = player().position();
      player().pause();
    },

    toggle: () => (transport.playing || waiting ? transport.pause() : transport.start()),

    seek(seconds) {
      stopped = between(0, seconds, Math.max(0, transport.duration()));
      roll.follow = true;
      if (transport.playing) now();
      show();
      roll.redraw();
    },

    jump() {
      if (!music.region) return;
      const seconds = music.seconds(music.region[0]);
      roll.view.reveal(music.region[0]);
      if (transport.playing || !sound) return transport.seek(seconds);
      stopped = seconds;
      transport.start();
    },

    // Other tracks are heard from now on, at the same place.
    again() {
      if (!transport.playing) return;
      stopped = transport.at();
      now();
    },

    // A new value: `from` seconds on it is to be played at once.
    load(address, from) {
      const changed = address !== sound;
      sound = address;
      if (from !== null && started !== address + "@" + from) {
        started = address + "@" + from;
        stopped = from;
        now();
      } else if (waiting) {
        window.clearTimeout(waiting);
        now();
      } else if (changed && transport.playing) transport.again();
      stopped = Math.min(stopped, Math.max(transport.duration(), transport.playing ? Infinity : 0));
      show();
    },

    // Other music: from its beginning.
    rewind() {
      window.clearTimeout(waiting);
      waiting = 0;
      stopped = 0;
      sound = null;
      if (mine() && transport.playing) player().stop();
      transport.playing = false;
    },

    show,
  };

  function now() {
    waiting = 0;
    if (!sound || !player()) return;
    roll.follow = true;
    player().play({ url: sound + roll.heardQuery(sound), from: stopped, owner: roll.element, onstate: () => {} });
  }

  function heard(event) {
    const { owner, playing, ended, error } = event.detail;
    const was = transport.playing;
    transport.playing = Boolean(playing) && owner === roll.element;
    if (ended && owner === roll.element) stopped = 0;
    else if (was && !transport.playing && mine()) stopped = player().position();
    if (error && owner === roll.element) roll.say(typeof error === "string" ? error : words.no_sound);
    show();
    if (was || transport.playing || owner === roll.element) roll.redraw();
  }

  function show() {
    const duration = transport.duration(), at = between(0, transport.at(), Math.max(duration, transport.at()));
    const times = clockText(at) + " / " + clockText(duration), name = transport.playing ? words.pause : words.play;
    if (clock.textContent !== times) {
      clock.textContent = times;
      seek.setAttribute("aria-valuetext", times);
    }
    if (!seeking) {
      seek.max = duration;
      seek.value = at;
    }
    play.disabled = !sound;
    seek.disabled = !music.end;
    jump.hidden = !music.region;
    roll.frame.classList.toggle("playing", transport.playing);
    if (play.title === name) return;
    play.title = name;
    play.setAttribute("aria-label", name + ": " + words.name);
  }

  play.addEventListener("click", transport.toggle);
  jump.textContent = words.jump;
  jump.addEventListener("click", transport.jump);
  seek.setAttribute("aria-label", words.seek + ": " + words.name);
  seek.addEventListener("input", () => {
    seeking = true;
    stopped = Number(seek.value);
    roll.view.reveal(music.tick(stopped));
    roll.redraw();
  });
  seek.addEventListener("change", () => {
    seeking = false;
    transport.seek(Number(seek.value));
  });
  roll.listen(document, "studio-sound", heard);
  return transport;
}
