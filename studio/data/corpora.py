"""The collections the studio knows by the name of their folder: style, licence, credit and how each is to be read.

Knows no files: `sources` finds them, `pieces` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.errors import DataError

FIRST = "first"
"""The melody is the first track that has notes."""
GUESS = "guess"
"""The melody is the track that looks most like one."""


@dataclass(frozen=True, slots=True)
class Part:
    """One folder of a corpus, of one style.

    `melody` says which track is the melody: FIRST, GUESS, the name of a track, or nothing where no track is one;
    `is_single` is set where that is also worth learning alone. `slow` is set where old note values stand (a beat of a
    half or a whole note): they are halved or quartered. `lowest_is_bass` is set where the last track is the bass voice.
    `upbeats` is set where the files do not say that they begin with an upbeat, so that it has to be found. `share` is
    the share of the pieces that is taken, chosen by their hash.
    """

    folder: str
    style: str
    melody: str = ""
    is_single: bool = True
    slow: bool = False
    lowest_is_bass: bool = False
    upbeats: bool = False
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Corpus:
    """A collection: `credit` is the line that its licence asks for; `note` is what a model card must say of it."""

    name: str
    title: str
    url: str
    licence: str
    credit: str
    parts: tuple[Part, ...]
    note: str = ""

    def part(self, path: str) -> Part | None:
        """The part that a file belongs to, by its path inside the corpus; None: not music of this corpus."""
        for part in self.parts:
            if not part.folder or path.startswith(part.folder + "/"):
                return part
        return None


_CHOPIN_INSTITUTE = "The Fryderyk Chopin Institute"
_PERMITTED = "public-domain tunes; the transcribers state no licence, music21 ships them with their permission"

_ALL = (
    Corpus(
        "pop909", "POP909", "https://github.com/music-x-lab/POP909-Dataset", "MIT", "Ziyu Wang et al., POP909 (2020)",
        (Part("POP909", "pop", melody="MELODY"),),
        note="The licence covers the arrangements; the songs themselves are commercial.",
    ),
    Corpus(
        "openewld_pd", "OpenEWLD", "https://github.com/00sapo/OpenEWLD", "MIT", "Federico Simonetta, OpenEWLD",
        (Part("midi", "song", melody=FIRST, upbeats=True),),
        note="Only songs whose every author died by 1955 or is unknown.",
    ),
    Corpus(
        "openscore_lieder", "OpenScore Lieder Corpus", "https://github.com/OpenScore/Lieder", "CC0-1.0",
        "OpenScore Lieder", (Part("midi", "art_song", melody=FIRST, upbeats=True),),
    ),
    Corpus(
        "openscore_quartets", "OpenScore String Quartets", "https://github.com/OpenScore/StringQuartets", "CC0-1.0",
        "OpenScore String Quartets",
        (Part("midi", "quartet", melody=FIRST, is_single=False, lowest_is_bass=True, upbeats=True),),
    ),
    Corpus(
        "openhymnal", "Open Hymnal", "http://openhymnal.org", "public domain", "The Open Hymnal Project",
        (Part("midi", "chorale", melody=FIRST, lowest_is_bass=True, upbeats=True),),
    ),
    Corpus(
        "js_fakes", "JS Fake Chorales", "https://github.com/omarperacha/js-fakes", "CC-BY-4.0", "Omar Peracha",
        # Machine-made: a fifth of them teaches four-part writing without a model learning another model's habits.
        tuple(
            Part(f, "chorale", melody=FIRST, is_single=False, lowest_is_bass=True, upbeats=True, share=0.2)
            for f in ("midi", "jsf-extended")
        ),
        note="Machine-made chorales in Bach's manner.",
    ),
    Corpus(
        "polish_scores", "Polish Music Heritage in Open Access", "https://polishscores.org", "CC-BY-4.0",
        _CHOPIN_INSTITUTE,
        (
            Part("midi/piano", "piano", upbeats=True),
            Part("midi/satb", "choral", melody=FIRST, slow=True, lowest_is_bass=True),
            Part("midi/song", "song", melody=FIRST, upbeats=True),
            Part("midi/organ", "organ", slow=True, upbeats=True),
        ),
    ),
    Corpus(
        "polish_more", "Polish Music Heritage in Open Access", "https://polishscores.org", "CC-BY-4.0",
        _CHOPIN_INSTITUTE, (Part("midi", "ensemble", slow=True, upbeats=True),),
    ),
    Corpus(
        "chopin_first_editions", "Chopin First Editions", "https://chopinscores.org", "CC-BY-4.0", _CHOPIN_INSTITUTE,
        (Part("midi", "piano", upbeats=True),),
    ),
    Corpus(
        "mutopia", "Mutopia Project", "https://www.mutopiaproject.org", "", "The Mutopia Project",
        (
            Part("midi/keyboard", "piano", upbeats=True),
            Part("midi/choral", "choral", melody=FIRST, lowest_is_bass=True, upbeats=True),
            Part("midi/song", "art_song", melody=FIRST, upbeats=True),
            Part("midi/melody", "song", melody=FIRST, upbeats=True),
            Part("midi/organ", "organ", upbeats=True),
            Part("midi/guitar", "guitar", upbeats=True),
            Part("midi/other", "ensemble", upbeats=True),
        ),
    ),
    Corpus(
        "groove_midi", "Groove MIDI Dataset", "https://magenta.tensorflow.org/datasets/groove", "CC-BY-4.0",
        "Google LLC (Magenta)", (Part("", "drums"),),
    ),
    Corpus(
        "freedoom_music", "Freedoom", "https://freedoom.github.io", "BSD-3-Clause",
        "Contributors to the Freedoom project", (Part("midi", "game", melody=GUESS, is_single=False),),
    ),
    *(
        Corpus(f"music21:{name}", title, "https://www.music21.org", _PERMITTED, credit,
               (Part("", "folk", melody=FIRST),), note="Read from the installed music21; not passed on.")
        for name, title, credit in (
            ("ryansMammoth", "Ryan's Mammoth Collection", "Ray Davies and other transcribers"),
            ("oneills1850", "O'Neill's Music of Ireland", "Norbert Paap and other transcribers"),
            ("airdsAirs", "Aird's Airs", "Jack Campin (www.campin.me.uk)"),
        )
    ),
)  # fmt: skip

CORPORA = {corpus.name: corpus for corpus in _ALL}


def unknown(name: str, licence: str, style: str, styles: tuple[str, ...]) -> Corpus:
    """A corpus for a folder of MIDI files that the studio does not know; its licence and style have to be given."""
    if not licence or style not in styles:
        known = ", ".join(CORPORA)
        raise DataError(
            f"{name!r} is not a collection the studio knows ({known}): say its --licence and its --style, "
            f"the style one of {', '.join(styles)}."
        )
    return Corpus(name, name, "", licence, "", (Part("", style, melody=GUESS),))
