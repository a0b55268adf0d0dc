"""`Score` → bytes of a Standard MIDI File of type 1, and into a file where one is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from studio.errors import MidiError
from studio.midi import smf
from studio.midi.notes import untangled
from studio.midi.text import encode
from studio.score import Score, Track

_DRUM_CHANNEL = 9
_PITCHED_CHANNELS = [channel for channel in range(16) if channel != _DRUM_CHANNEL]
_DENOMINATORS = {2**power: power for power in range(7)}
_RELEASE_VELOCITY = 64  # what MIDI says where a keyboard measures none

Events = list[tuple[int, bytes]]


def save(score: Score, path: str | Path | None = None, *, texts: Sequence[str] = ()) -> bytes:
    """Write `score` as a type 1 file: a conductor track with the maps, title and `texts`, then one for each `Track`.

    Returns the bytes, and writes them to `path` if there is one. Drums go to channel 10 (9 counted from 0). More than
    15 pitched tracks share channels by program, and more than 15 programs spread over MIDI ports; each track names its
    program, so that `load` gives every one back. A note ends where its pitch starts again in the same track. Raises
    MidiError for what MIDI cannot hold (a metre of thirds, slower than 3.6 qpm) and when the file cannot be written.
    """
    _check(score)
    chunks = [_conductor(score, texts)]
    chunks += [_track(track, *place) for track, place in zip(score.tracks, _places(score.tracks), strict=True)]
    data = smf.write(score.resolution, chunks)
    if path is not None:
        try:
            Path(path).write_bytes(data)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise MidiError(f"The file {str(path)!r} cannot be written ({reason}); choose another place.") from error
    return data


def _check(score: Score) -> None:
    """Raise MidiError for what no MIDI file can say."""
    for metre in score.time_signatures:
        if metre.numerator > 255 or metre.denominator not in _DENOMINATORS:
            raise MidiError(
                f"MIDI has no metre {metre.numerator}/{metre.denominator}; it needs halves, quarters … 64ths."
            )
    for tempo in score.tempos:
        if tempo.mpq > 0xFF_FFFF:
            raise MidiError(f"MIDI has no tempo of {tempo.qpm:.2f} quarter notes a minute; 3.58 is its slowest.")
    for key in score.key_signatures:
        if abs(key.fifths) > 7:
            raise MidiError(f"MIDI has no key of {abs(key.fifths)} sharps or flats; 7 are the most.")
    if len(score.tracks) > 0xFFFE:
        raise MidiError(f"MIDI has no room for {len(score.tracks):,} tracks; 65,534 are the most.")


def _conductor(score: Score, texts: Sequence[str]) -> Events:
    events = [(0, smf.meta(smf.TRACK_NAME, encode(score.title)))] if score.title else []
    events += [(0, smf.meta(smf.TEXT, encode(words))) for words in texts if words]
    events += [(t.onset, smf.meta(smf.TEMPO, t.mpq.to_bytes(3, "big"))) for t in score.tempos]
    # 24 MIDI clocks a click and 8 32nds a quarter: the customary values.
    events += [
        (m.onset, smf.meta(smf.TIME_SIGNATURE, bytes((m.numerator, _DENOMINATORS[m.denominator], 24, 8))))
        for m in score.time_signatures
    ]
    events += [(k.onset, smf.meta(smf.KEY_SIGNATURE, bytes((k.fifths % 256, k.minor)))) for k in score.key_signatures]
    return sorted(events, key=lambda event: event[0])


def _places(tracks: Sequence[Track]) -> list[tuple[int, int]]:
    """(port, channel) of each track: one of its own for up to 15 pitched ones, else one for each program."""
    pitched = [i for i, track in enumerate(tracks) if not track.is_drum]
    shared = len(pitched) > len(_PITCHED_CHANNELS)
    seats: dict[int, int] = {}
    for i in pitched:
        seats.setdefault(tracks[i].program if shared else i, len(seats))
    places = []
    for i, track in enumerate(tracks):
        port, seat = divmod(0 if track.is_drum else seats[track.program if shared else i], len(_PITCHED_CHANNELS))
        places.append((port, _DRUM_CHANNEL if track.is_drum else _PITCHED_CHANNELS[seat]))
    return places


def _track(track: Track, port: int, channel: int) -> Events:
    events: list[tuple[int, int, bytes]] = []
    for onset, pitch, duration, velocity in untangled(track.notes, Counter()):
        # At one tick ends come before starts, so that a repeated note is struck again.
        events.append((onset, 1, bytes((0x90 | channel, pitch, velocity))))
        events.append((onset + duration, 0, bytes((0x80 | channel, pitch, _RELEASE_VELOCITY))))
    events.sort()
    head: Events = [(0, smf.meta(smf.TRACK_NAME, encode(track.name)))] if track.name else []
    if port:
        head.append((0, smf.meta(smf.PORT, bytes((port,)))))
    head.append((0, bytes((0xC0 | channel, track.program))))
    return head + [(tick, event) for tick, _, event in events]
