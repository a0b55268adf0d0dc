// The keys: on the screen, on the computer's keyboard, and on a MIDI keyboard where the browser knows of one.
// press(pitch, velocity) and release(pitch) are told of all of them.

const BLACK = [1, 3, 6, 8, 10];
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
// Two rows of the computer's keyboard by where the keys are, whatever is printed on them.
const CODES = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ", "KeyK", "KeyO", "KeyL", "KeyP", "Semicolon"];
const LOUD = 90;
const SHOWN = 25; // keys: two octaves and the next C

const nameOf = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

class Piano {
  constructor(place, press, release) {
    this.place = place;
    this.lowest = 60;
    this.down = new Map(); // what is held, by the finger or key that holds it
    this.tell = { press, release };
    this.draw();
    place.addEventListener("pointerdown", (event) => this.touch(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      place.addEventListener(end, (event) => this.let(`pointer ${event.pointerId}`));
    }
    place.addEventListener("blur", () => this.letAll());
  }

  draw() {
    const whites = [...Array(SHOWN).keys()].filter((i) => !BLACK.includes(i % 12)).length;
    let white = 0;
    this.place.replaceChildren(...[...Array(SHOWN).keys()].map((i) => {
      const key = document.createElement("div");
      const pitch = this.lowest + i;
      const black = BLACK.includes(i % 12);
      key.className = black ? "key black" : "key";
      key.dataset.pitch = pitch;
      key.style.left = `${((black ? white - 0.3 : white) / whites) * 100}%`;
      key.style.width = `${((black ? 0.6 : 1) / whites) * 100}%`;
      if (!black) white += 1;
      if (i % 12 === 0) key.textContent = nameOf(pitch);
      return key;
    }));
  }

  move(octaves) {
    this.letAll();
    this.lowest = Math.max(24, Math.min(84, this.lowest + 12 * octaves));
    this.draw();
  }

  touch(event) {
    const key = event.target.closest(".key");
    if (!key) return;
    event.preventDefault();
    this.place.focus({ preventScroll: true });
    this.place.setPointerCapture(event.pointerId);
    this.take(`pointer ${event.pointerId}`, Number(key.dataset.pitch), LOUD);
  }

  // Whether a key of the computer's keyboard was one of ours.
  type(event) {
    const step = CODES.indexOf(event.code);
    if (step < 0 || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.type === "keyup") this.let(event.code);
    else if (!event.repeat) this.take(event.code, this.lowest + step, LOUD);
    return true;
  }

  take(holder, pitch, velocity) {
    this.let(holder);
    this.down.set(holder, pitch);
    this.mark(pitch);
    this.tell.press(pitch, velocity);
  }

  let(holder) {
    if (!this.down.has(holder)) return;
    const pitch = this.down.get(holder);
    this.down.delete(holder);
    this.mark(pitch);
    this.tell.release(pitch);
  }

  letAll() {
    for (const holder of [...this.down.keys()]) this.let(holder);
  }

  mark(pitch) {
    const key = this.place.querySelector(`[data-pitch="${pitch}"]`);
    if (key) key.classList.toggle("down", [...this.down.values()].includes(pitch));
  }

  // Listen to every MIDI keyboard there is and will be; returns how many there are. Rejects where that is not allowed.
  async connect(changed) {
    const access = await navigator.requestMIDIAccess();
    const listen = () => {
      const inputs = [...access.inputs.values()];
      for (const input of inputs) input.onmidimessage = ({ data }) => this.hear(data);
      changed(inputs.length);
    };
    access.onstatechange = listen;
    listen();
  }

  hear([status, pitch, velocity]) {
    const kind = status & 0xf0;
    if (kind === 0x90 && velocity > 0) this.take(`midi ${pitch}`, pitch, velocity);
    else if (kind === 0x90 || kind === 0x80) this.let(`midi ${pitch}`);
  }
}
