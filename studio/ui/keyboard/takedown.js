// Taking down what is played. Onsets and durations are in quarters; a note is [onset, pitch, duration, velocity].

const MOST_NOTES = 5000;
const LONGEST_MS = 5 * 60 * 1000; // of a recording
const EARLY = 0.5; // quarters: who plays just before the first beat means it

// Notes in time, from a first beat on. `clock` tells milliseconds.
class Recording {
  constructor(qpm, firstBeat) {
    this.qpm = qpm;
    this.firstBeat = firstBeat;
    this.notes = [];
    this.held = new Map();
  }

  at(time) {
    return ((time - this.firstBeat) / 60000) * this.qpm;
  }

  down(pitch, velocity, time) {
    const onset = this.at(time);
    if (onset >= -EARLY && this.notes.length < MOST_NOTES) this.held.set(pitch, [Math.max(0, onset), velocity]);
  }

  up(pitch, time) {
    if (!this.held.has(pitch)) return;
    const [onset, velocity] = this.held.get(pitch);
    this.held.delete(pitch);
    this.notes.push([onset, pitch, Math.max(0, this.at(time) - onset), velocity]);
  }

  stop(time) {
    for (const pitch of [...this.held.keys()]) this.up(pitch, time);
    return this.notes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }
}

// Notes one after the other, each as long as was chosen; keys that are down together are a chord.
class Steps {
  constructor(notes) {
    this.notes = notes;
    this.place = notes.reduce((end, [onset, , duration]) => Math.max(end, onset + duration), 0);
    this.held = new Set();
    this.places = [];
  }

  down(pitch, velocity, length) {
    if (this.notes.length >= MOST_NOTES) return;
    if (!this.held.size) this.places.push([this.place, this.notes.length]);
    this.held.add(pitch);
    this.notes.push([this.place, pitch, length, velocity]);
  }

  up(pitch, length) {
    if (this.held.delete(pitch) && !this.held.size) this.place += length;
  }

  rest(length) {
    this.places.push([this.place, this.notes.length]);
    this.place += length;
  }

  undo() {
    if (!this.places.length) return;
    const [place, count] = this.places.pop();
    this.place = place;
    this.notes.length = count;
    this.held.clear();
  }
}
