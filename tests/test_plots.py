"""Pictures: every note is there, seed and new look different, and no score or name breaks the drawing."""

import math
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from scores import scores

from studio import plots
from studio.errors import StudioError
from studio.plots import grid
from studio.plots.style import DARK, LIGHT, legible
from studio.score import Bar, Note, Score, Tempo, TimeSignature, Track


@pytest.fixture(autouse=True)
def _no_warnings():
    """A missing letter or a squeezed axis is only warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def tune(bars: int = 8, velocity: int = 100) -> Track:
    return Track(tuple(Note(480 * i, 60 + i % 12, 480, velocity) for i in range(4 * bars)), name="Flute")


def beat(bars: int = 8) -> Track:
    return Track(tuple(Note(240 * i, (36, 42, 38, 42)[i % 4], 60, 90) for i in range(8 * bars)), is_drum=True)


def notes_drawn(figure) -> int:
    layers = [c for axes in figure.axes for c in axes.collections if isinstance(c, PolyCollection)]
    return sum(len(layer.get_paths()) for layer in layers if layer.get_zorder() == 3)


def pixels(figure, path: Path) -> np.ndarray:
    plots.save_figure(figure, path)
    return imread(path)[:, :, :3]


def column(score: Score, picture: np.ndarray, tick: int) -> np.ndarray:
    return picture[:, round(plots.share_of_width(score, tick) * picture.shape[1])]


def has(column: np.ndarray, colour: tuple[float, ...], tolerance: float = 0.02) -> bool:
    return bool((np.abs(column - np.array(colour)).max(axis=1) < tolerance).any())


def over_paper(colour: str, strength: float) -> tuple[float, ...]:
    return tuple(strength * a + (1 - strength) * b for a, b in zip(to_rgb(colour), to_rgb(LIGHT.paper), strict=True))


# --- the piano roll --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("region", [None, (0, 0), (0, 4 * 1920), (4 * 1920, 6 * 1920), (10**6, 10**7)])
def test_every_note_is_drawn(dark, region):
    score = Score(480, (tune(), Track(), beat(), Track(tune().notes, program=40)))
    new = [track.notes[3:9] for track in score.tracks]
    assert notes_drawn(plots.piano_roll(score, new=new, region=region, dark=dark)) == score.note_count


def test_exactly_the_new_notes_are_solid_also_between_old_ones(tmp_path):
    score, colour = Score(480, (tune(velocity=127),)), LIGHT.tracks[0]
    new = frozenset(note for note in score.tracks[0].notes if note.onset in (4 * 1920, 4 * 1920 + 960))
    picture = pixels(plots.piano_roll(score, new=[new], region=(4 * 1920, 5 * 1920)), tmp_path / "a.png")
    for quarter in range(32):
        seen = column(score, picture, quarter * 480 + 200)
        assert has(seen, to_rgb(colour)) == (quarter in (16, 18))
        assert has(seen, over_paper(colour, 0.42)) == (quarter not in (16, 18))


def test_the_track_that_was_left_alone_stays_pale(tmp_path):
    long = (Note(0, 60, 1920, 127),)
    score = Score(480, (Track(long), Track((Note(0, 67, 1920, 127),))))
    picture = pixels(plots.piano_roll(score, new=[(), score.tracks[1].notes], region=(0, 1920)), tmp_path / "a.png")
    seen = column(score, picture, 960)
    assert has(seen, over_paper(LIGHT.tracks[0], 0.42)) and not has(seen, to_rgb(LIGHT.tracks[0]))
    assert has(seen, to_rgb(LIGHT.tracks[1]))


def test_ground_and_strip_say_where_the_seed_is_and_where_new_music(tmp_path):
    score = Score(480, (tune(velocity=127),))
    picture = pixels(plots.piano_roll(score, region=(4 * 1920, 5 * 1920)), tmp_path / "a.png")
    past = over_paper(LIGHT.past, 0.6)
    for bar, new in ((1, False), (3, False), (4, True), (5, False), (7, False)):
        seen = column(score, picture, bar * 1920 + 700)
        assert has(seen, to_rgb(LIGHT.new_strip)) == new != has(seen, to_rgb(LIGHT.seed_strip))
        assert has(seen, past, 0.004) != new


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (None, []),
        ((1920, 8 * 1920), ["seed", "new"]),
        ((1920, 2 * 1920), ["seed", "new", "seed"]),
        ((0, 1920), ["new", "seed"]),
        ((0, 8 * 1920), ["new"]),
        ((-5, 10**9), ["new"]),
        ((10**6, 10**7), ["seed"]),
    ],
)
def test_the_strip_names_each_part_once(region, said):
    figure = plots.piano_roll(Score(480, (tune(),)), region=region)
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert [word for word in words if word in ("seed", "new")] == said


def test_louder_notes_are_stronger(tmp_path):
    score = Score(480, (Track((Note(0, 60, 1920, 20), Note(1920, 60, 1920, 120))),))
    picture = pixels(plots.piano_roll(score), tmp_path / "a.png")
    for tick, velocity in ((960, 20), (2880, 120)):
        assert has(column(score, picture, tick + 100), over_paper(LIGHT.tracks[0], 0.4 + 0.6 * velocity / 127))


def test_repeated_notes_are_seen_to_be_two(tmp_path):
    score = Score(480, (Track((Note(0, 60, 960, 127), Note(960, 60, 960, 127))),))
    picture = pixels(plots.piano_roll(score), tmp_path / "a.png")
    width = picture.shape[1]
    middle = range(*(round(plots.share_of_width(score, tick) * width) for tick in (900, 960)))
    assert not all(has(picture[:, x], to_rgb(LIGHT.tracks[0])) for x in middle)


@pytest.mark.parametrize(("dark", "paper"), [(False, LIGHT.paper), (True, DARK.paper)])
def test_light_and_dark_pages(tmp_path, dark, paper):
    picture = pixels(plots.piano_roll(Score(480, (tune(),)), dark=dark), tmp_path / "a.png")
    for corner in (picture[0, 0], picture[-1, -1]):
        assert np.allclose(corner, to_rgb(paper), atol=0.01)


def test_a_legend_only_where_there_are_several_tracks():
    assert not plots.piano_roll(Score(480, (tune(), Track()))).legends
    legend = plots.piano_roll(Score(480, (tune(), beat(), Track((Note(0, 40, 1, 1),))))).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["Flute", "Drums", "Track 3"]


def test_the_picture_grows_with_the_music_within_bounds():
    widths = [plots.piano_roll(Score(480, (tune(bars),))).get_figwidth() for bars in (1, 8, 20, 40, 300)]
    heights = [plots.piano_roll(Score(480, (tune(bars), beat()) * 60)).get_figheight() for bars in (1, 8)]
    assert widths == sorted(widths) and widths[1] < widths[2] < widths[3] < widths[4] <= 36 and widths[0] >= 8
    assert max(heights) < 12


def test_drums_are_named_and_take_no_pitch_rows():
    figure = plots.piano_roll(Score(480, (beat(),)))
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert {"Kick", "Snare", "Closed hat"} <= set(words)
    assert not any(word.startswith("C4") for word in words)


def test_an_empty_score_says_so():
    figure = plots.piano_roll(Score())
    assert "no notes" in [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize(
    "name", ["$x_1$ & \\frac", "月の光", "नमस्ते", "🎵\u202e\x00\n\tx", "<b>&amp;", "x" * 500, "   "]
)
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_any_name_can_be_drawn(tmp_path, name, suffix):
    score = Score(480, (Track(tune().notes, name=name), tune()), title=name)
    plots.save_figure(plots.piano_roll(score), tmp_path / f"a.{suffix}")


def test_letters_that_no_font_has_become_boxes_and_long_names_are_cut():
    assert legible("a\U0001f9ff b\n c\x00", 20) == "a□ b c"
    assert legible("a" * 30, 10) == "a" * 9 + "…"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scores())
def test_any_score_can_be_drawn(tmp_path, score):
    figure = plots.piano_roll(score, new=[t.notes[::2] for t in score.tracks], region=(score.end // 3, score.end // 2))
    assert notes_drawn(figure) == score.note_count
    plots.save_figure(figure, tmp_path / "any.png")


def test_a_score_of_very_many_bars_is_drawn_without_listing_them():
    far = Score(1, (Track((Note(10**7, 60, 1, 80),)),), time_signatures=(TimeSignature(0, 1, 64),))
    start = time.process_time()
    plots.piano_roll(far)
    assert time.process_time() - start < 20


def test_the_time_for_5000_notes_has_its_bounds(tmp_path):
    rng = np.random.default_rng(0)
    tracks = [
        Track(tuple(Note(int(t), int(p), 200, 80) for t, p in zip(rng.integers(0, 192000, 1250), p, strict=True)))
        for p in rng.integers(30, 90, (4, 1250))
    ]
    score = Score(480, tuple(tracks))
    plots.save_figure(plots.piano_roll(score), tmp_path / "warm.png")
    start = time.process_time()
    plots.save_figure(plots.piano_roll(score), tmp_path / "a.png")
    assert time.process_time() - start < 10  # about 0.5 s; how fast it is, the benchmarks say


# --- files -----------------------------------------------------------------------------------------------------------


def test_svg_is_well_formed_and_holds_no_script(tmp_path):
    plots.save_figure(plots.piano_roll(Score(480, (tune(),), title="<script>alert(1)</script>")), tmp_path / "a.svg")
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(tmp_path / "a.svg").iter()}
    assert "svg" in tags and "script" not in tags


@pytest.mark.parametrize("name", ["a.gif", "a", "nowhere/a.png"])
def test_what_cannot_be_saved_is_told_in_words(tmp_path, name):
    with pytest.raises(StudioError, match="'a"):
        plots.save_figure(plots.piano_roll(Score()), tmp_path / name)


def test_two_threads_draw_the_right_pictures(tmp_path):
    many = [Score(480, (tune(bars), beat(bars)), title=f"Piece {bars}") for bars in (2, 4, 6, 8)]
    for i, score in enumerate(many):
        plots.save_figure(plots.piano_roll(score), tmp_path / f"alone{i}.png")

    def work(i: int) -> None:
        plots.save_figure(plots.piano_roll(many[i]), tmp_path / f"beside{i}.png")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(many))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(len(many)):
        assert (tmp_path / f"alone{i}.png").read_bytes() == (tmp_path / f"beside{i}.png").read_bytes()


def test_pyplot_stays_out():
    program = "import sys, studio.plots; print('matplotlib.pyplot' in sys.modules)"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- the grid --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "beats"),
    [
        (4, 4, [24, 48, 72]),
        (6, 8, [36]),
        (12, 8, [36, 72, 108]),
        (3, 8, [12, 24]),
        (7, 8, [12 * i for i in range(1, 7)]),
    ],
)
def test_beats(numerator, denominator, beats):
    end = 24 * 4 * numerator // denominator
    assert grid.beats_of(Bar(0, 0, end, numerator, denominator), 24) == beats


def test_a_pitch_span_has_a_margin_a_least_height_and_stays_on_the_keyboard():
    def span(*pitches: int) -> tuple[int, int] | None:
        return grid.pitch_span(Score(480, (Track(tuple(Note(0, p, 1, 1) for p in pitches)), beat())))

    assert span(40, 80) == (38, 82)
    assert span(60) == (51, 69)
    assert span(0) == (0, 18) and span(127) == (109, 127) and span(0, 127) == (0, 127)
    assert span() is None


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (Score(480, (tune(),)), "♩ = 120  ·  4/4  ·  8 bars"),
        (Score(480, (tune(1),), (Tempo(0, 500_000), Tempo(960, 1_000_000))), "♩ = 60–120  ·  4/4  ·  1 bar"),
        (
            Score(480, (tune(2),), time_signatures=(TimeSignature(0, 1, 4), TimeSignature(480, 3, 4))),
            "♩ = 120  ·  3/4  ·  4 bars",
        ),
    ],
)
def test_the_headline_tells_tempo_metre_and_length(score, words):
    assert grid.headline(score) == words


def test_stride():
    assert [grid.stride(1, least) for least in (0.5, 1, 1.5, 3, 7, 9, 300)] == [1, 1, 2, 4, 8, 10, 400]


# --- the loss curve --------------------------------------------------------------------------------------------------


def test_the_loss_curve_shows_what_the_rows_hold_and_marks_the_best(tmp_path):
    rows = [
        {"step": "100", "train_loss": "2.5", "valid_loss": ""},
        {"step": 200, "train_loss": 2.0, "valid_loss": 2.2},
        {"step": 300, "train_loss": math.nan, "valid_loss": 2.4},
        {"step": 400, "train_loss": 1.5, "valid_loss": None},
    ]
    figure = plots.loss_curve(rows)
    training, validation, best = (line.get_xydata().tolist() for line in figure.axes[0].lines)
    assert training == [[100, 2.5], [200, 2.0], [400, 1.5]]
    assert validation == [[200, 2.2], [300, 2.4]] and best == [[200, 2.2]]
    assert "best 2.200 at step 200" in figure.axes[0].get_legend().get_texts()[1].get_text()
    plots.save_figure(figure, tmp_path / "a.png")


@pytest.mark.parametrize("rows", [[], [{"step": 1, "train_loss": "", "valid_loss": ""}], [{"step": 1, "lr": 0.1}]])
def test_a_loss_curve_without_losses(tmp_path, rows):
    plots.save_figure(plots.loss_curve(rows), tmp_path / "a.png")
