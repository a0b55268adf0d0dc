import io
import json
import math
import zipfile
from collections import defaultdict
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from benchmarks import published
from benchmarks.published_baseline import voice_bigram
from benchmarks.published_batches import Batches
from benchmarks.published_ids import (
    AT,
    BAR,
    CLOCK,
    CUT,
    HOME,
    LOWEST,
    LOWEST_SUNG,
    MOVED,
    START,
    SUNG,
    TICKS,
    VOICE,
    Keys,
    Voices,
)
from benchmarks.published_pieces import REST, keys, voices
from benchmarks.published_training import Run, Settings, network
from benchmarks.published_windows import frame_nats, mean_nats, windows
from studio.errors import DataError
from studio.models.transformer import Config, Model, places

CHORALE = [(72, 67, 64, 48), (72, 67, 64, 48), (74, 67, REST, 55), (72, 67, 64, 48)]
TINY = Settings(steps=9, width=48, layers=1, tokens=64, context=64, warmup=2, look_every=3)


def model(writing, context=64):
    torch.manual_seed(1)
    made = Model(Config(writing.vocab_size, START, width=16, layers=2, heads=2, context=context, dropout=0.5))
    for parameter in made.parameters():
        parameter.data *= 10  # or everything would be about equally likely
    return made


# --- files ---------------------------------------------------------------------------------------------------------


def write_npz(path, pieces):
    arrays = np.empty(len(pieces), dtype=object)
    for i, piece in enumerate(pieces):
        arrays[i] = np.array([[np.nan if p == REST else p for p in frame] for frame in piece], np.float16)
    np.savez(path, train=arrays, valid=arrays[:1], test=arrays[1:])


def write_mat(path, pieces):
    rolls = np.empty((1, len(pieces)), dtype=object)
    for i, piece in enumerate(pieces):
        rolls[0, i] = np.array([[key in frame for key in range(21, 109)] for frame in piece], np.uint8)
    savemat(path, {"traindata": rolls, "validdata": rolls, "testdata": rolls})


def test_a_mat_file_holds_the_sounding_keys(tmp_path):
    pieces = [[(21, 60, 108), (), (60,)], [(64, 67)]]
    write_mat(tmp_path / "a.mat", pieces)
    assert keys(tmp_path / "a.mat") == {"train": pieces, "valid": pieces, "test": pieces}


def test_an_npz_file_holds_four_voices_and_rests(tmp_path):
    write_npz(tmp_path / "a.npz", [CHORALE, CHORALE[:1]])
    assert voices(tmp_path / "a.npz") == {"train": [CHORALE, CHORALE[:1]], "valid": [CHORALE], "test": [CHORALE[:1]]}


@pytest.mark.parametrize("read", [keys, voices])
@pytest.mark.parametrize("content", [None, b"", b"no such thing"])
def test_other_files_are_refused(tmp_path, read, content):
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match="is not"):
        read(tmp_path / "a")


def test_a_pickle_that_calls_something_is_not_run(tmp_path, capsys):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("train.npy", head.getvalue() + b"cbuiltins\nprint\n(S'called'\ntR.")
    with pytest.raises(DataError, match="0 arrays"):
        voices(tmp_path / "a.npz")
    assert capsys.readouterr().out == ""


# --- writing -------------------------------------------------------------------------------------------------------


def test_keys_are_written_in_order_with_an_end():
    writing = Keys(clock=2)
    pitch, end = CLOCK + 3 * 2 - LOWEST, CLOCK + 2 * 2
    ids, frames = writing.write([(60, 64), (60, 64), (), (21,)], shift=1)
    assert ids.tolist() == [pitch + 61, pitch + 65, end, pitch + 61, pitch + 65, end + 1, end, pitch + 22, end + 1]
    assert frames.tolist() == [0, 0, 0, 1, 1, 1, 2, 3, 3]


def test_keys_are_written_short_when_little_changes():
    writing = Keys(clock=4, short=True)
    same, top, end, pitch = CLOCK, CLOCK + 4, CLOCK + 8, CLOCK + 12 - LOWEST
    ids, frames = writing.write([(60, 64), (60, 64), (60, 67), (62, 67), ()])
    told = [[pitch + 60, pitch + 64, end], [same + 1], [top + 2, pitch + 67], [pitch + 62, pitch + 67, end + 3], [end]]
    assert ids.tolist() == list(chain(*told))
    assert frames.tolist() == [0, 0, 0, 1, 2, 2, 3, 3, 3, 4]


def test_voices_are_written_where_they_change():
    writing = Voices(clock=2)
    at, rest = [AT, AT + TICKS // 2], [SUNG + v * VOICE for v in range(4)]
    first = [r + pitch - LOWEST_SUNG + 1 for r, pitch in zip(rest, CHORALE[0], strict=True)]
    ids, frames = writing.write(CHORALE)
    assert ids[:7].tolist() == [BAR, at[0], *first, BAR]  # a bar of one chord, then the next begins
    assert ids[7:11].tolist() == [at[0], first[0] + 2, rest[2], first[3] + 7]  # the alto is held, the tenor rests
    assert ids[11:].tolist() == [at[1], first[0], first[2], first[3], BAR]
    # Only with the next AT a frame is complete: until then another voice could have changed.
    assert frames.tolist() == [0] * 8 + [2] * 4 + [3] * 4


def test_moved_voices_sing_and_rest_alike():
    ids, moved = (Voices(clock=16).write(CHORALE, shift)[0] for shift in (0, -2))
    sung = (ids >= SUNG) & ((ids - SUNG) % VOICE > 0)
    assert (moved - ids).tolist() == np.where(sung, -2, 0).tolist()


def test_voices_that_nobody_has_are_refused():
    with pytest.raises(DataError, match="from 33 to 84, but here is 86"):
        Voices(clock=4).write(CHORALE, 12)


def read_voices(writing, ids):
    """What `Voices.write` wrote, as far as the end of its last bar."""
    piece, bar, last = [], 0, None
    for value in ids.tolist():
        if value == BAR:
            piece += [last] * (bar * writing.clock - len(piece))
            bar += 1
        elif value < SUNG:
            at = (bar - 1) * writing.clock + (value - AT) * writing.clock // TICKS
            piece += [last] * (at - len(piece))
            piece.append(last or (REST,) * 4)
        else:
            voice, place = divmod(value - SUNG, VOICE)
            told = list(piece[-1])
            told[voice] = place - 1 + LOWEST_SUNG if place else REST
            piece[-1] = tuple(told)
        last = piece[-1] if piece else None
    return piece


@given(st.lists(st.tuples(*[st.sampled_from([REST, 60, 62])] * 4), min_size=1, max_size=20), st.integers(0, 23))
def test_what_voices_write_can_be_read(piece, order):
    writing = Voices(clock=4)
    ids, frames = writing.write(piece, order=order)
    assert writing.orders == 24 and writing.head(order) == [writing.vocab_size - 24 + order]
    assert read_voices(writing, ids) == piece + piece[-1:] * (-len(piece) % 4)
    # No frame's ids begin another's, so those that can come next share one, and so does their mean over the orders.
    ends = np.flatnonzero((ids >= AT) & (ids < AT + TICKS))[1:]
    assert np.flatnonzero(np.diff(frames)).tolist() == ends.tolist()
    assert len(frames) == len(ids) and ids.max() < writing.vocab_size


def read_keys(writing, ids):
    """What `Keys.write` wrote."""
    piece, pitches = [], []
    for value in ids - CLOCK:
        kind = value // writing.clock
        if kind == 0:
            piece.append(piece[-1])
        elif kind == 2 or (kind > 2 and pitches[:1] == ["top"]):
            pitches += [int(value) - 3 * writing.clock + LOWEST] if kind > 2 else []
            piece.append((*piece[-1][:-1], pitches[1]) if pitches[:1] == ["top"] else tuple(pitches))
            pitches = []
        else:
            pitches.append("top" if kind == 1 else int(value) - 3 * writing.clock + LOWEST)
    return piece


@given(st.lists(st.sets(st.integers(60, 63)).map(lambda s: tuple(sorted(s))), min_size=1), st.booleans())
def test_what_is_written_can_be_read(piece, short):
    writing = Keys(clock=3, short=short)
    ids, frames = writing.write(piece)
    assert read_keys(writing, ids) == piece
    assert set(frames.tolist()) == set(range(len(piece)))
    assert ids.min() >= CLOCK and ids.max() < writing.vocab_size


# --- windows and figures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("context", [12, 16, 64])
def test_windows_count_every_id_once_after_half_a_context(context):
    piece = [(60, 64, 67), (60, 64, 69)] * 20
    writing = Keys(clock=4)
    frames = writing.write(piece)[1]
    seen = defaultdict(int)
    for number, window in enumerate(windows(writing, piece, 5, context)):
        assert len(window.ids) - 1 <= context and window.piece == 5
        assert window.ids[:2].tolist() == [HOME, CUT if number else START]
        counted = np.flatnonzero(window.frames >= 0)
        assert number == 0 or counted[0] >= context // 2 - 4
        for at in counted:
            seen[window.frames[at]] += 1
    assert [seen[f] for f in range(len(piece))] == np.bincount(frames).tolist()


def test_uniform_chances_give_the_logarithm_of_the_choices():
    writing = Voices(clock=4)
    even = model(writing)
    torch.nn.init.zeros_(even.embed.weight)
    [nats] = frame_nats([even], writing, [CHORALE[:3]], 64)
    assert nats == pytest.approx(np.array([7, 0, 4]) * math.log(writing.vocab_size), rel=1e-5)


def test_nats_of_a_frame_are_the_sum_over_its_ids():
    writing, pieces = Voices(clock=4), [CHORALE, CHORALE[2:3]]
    made = model(writing).eval()
    for piece, nats in zip(pieces, frame_nats([made], writing, pieces, 64), strict=True):
        ids, frames = writing.write(piece)
        chances = made.logits(torch.tensor([[*writing.head(0), HOME, START, *ids[:-1]]]))[0, 2:].log_softmax(-1)
        each = -chances[torch.arange(len(ids)), torch.from_numpy(ids)].detach().numpy()
        assert nats == pytest.approx(np.bincount(frames, each), rel=1e-4)


def test_of_several_models_and_orders_a_frame_is_as_likely_as_on_average():
    writing = Voices(clock=4)
    made = [model(writing).eval(), choir().eval()]
    each = []
    for one in made:
        for order in (0, 5, 23):
            ids, frames = writing.write(CHORALE, order=order)
            nats = one.nll(torch.tensor([[*writing.head(order), HOME, START, *ids]]))[0, 2:].detach().double()
            each.append(np.bincount(frames, nats.numpy()))
    [found] = frame_nats(made, writing, [CHORALE], 64, orders=(0, 5, 23))
    assert found == pytest.approx(-np.log(np.exp(-np.array(each)).mean(0)), rel=1e-4)


def test_a_figure_is_the_mean_over_all_frames():
    frames = [np.array([10.0, 1.0, 1.0]), np.array([4.0, 2.0])]
    assert mean_nats(frames) == pytest.approx(18 / 5)
    assert mean_nats(frames, skip=1) == pytest.approx(4 / 3)


def test_batches_hold_each_piece_once_and_stay_in_the_range_of_each_voice():
    writing, low = Voices(clock=4), [(69, 64, 61, 45)]
    batches = Batches(writing, [CHORALE, low], context=64, tokens=1000, home=0.5, most=3, seed=1)
    assert batches.shifts[0] == [-3, -2, -1]  # the soprano sings no higher anywhere
    assert batches.shifts[1] == [1, 2, 3]
    headers, orders = set(), set()
    for number in range(20):
        [batch] = batches.epoch(number)
        assert {row[2].item() for row in batch} == {START} and len(batch) == 2
        headers.update(row[1].item() for row in batch)
        orders.update(row[0].item() for row in batch)
    assert headers == {HOME, MOVED} and len(orders) > 12
    assert [b.tolist() for b in batches.epoch(3)] == [b.tolist() for b in batches.epoch(3)]


def test_the_bigram_counts_a_voice_by_place_and_last_pitch():
    train = [[(60,), (60,), (60,), (60,), (60,), (62,)]]
    # Three pitches are possible: 60, 62 and any other. First: once 60 of one. Then at place 1 after 60: once each.
    first, then = -math.log(2 / 4), -math.log(2 / 5)
    assert voice_bigram(train, [[(60,), (62,)]], add=1) == pytest.approx((first + then) / 2)
    assert voice_bigram(train, [[(50,)]], add=1) == pytest.approx(-math.log(1 / 4))


# --- runs ----------------------------------------------------------------------------------------------------------


def splits():
    return {"train": [CHORALE * 2, CHORALE, CHORALE * 3], "valid": [CHORALE * 2], "test": [CHORALE]}


def test_a_run_learns_and_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    settings, writing = replace(TINY, steps=40, tokens=40, save_every=2), Voices(clock=4)
    whole = Run(writing, splits(), settings, tmp_path / "whole")
    whole.learn()
    assert whole.rows[-1]["valid"] < whole.rows[0]["valid"]
    epoch = Batches.epoch

    def stop(self, number):
        if number == 7:
            raise KeyboardInterrupt
        return epoch(self, number)

    broken = Run(writing, splits(), settings, tmp_path / "broken")
    monkeypatch.setattr(Batches, "epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        broken.learn()
    monkeypatch.undo()
    again = Run(writing, splits(), settings, tmp_path / "broken")
    assert again.epoch == 6
    again.learn()
    assert [(r["step"], r["valid"]) for r in again.rows] == [(r["step"], r["valid"]) for r in whole.rows]
    assert again.best == whole.best


def test_the_command_measures_once_and_says_what_is_missing(tmp_path, monkeypatch, capsys):
    write_npz(tmp_path / "Jsb16thSeparated.npz", [CHORALE * 2, CHORALE])
    small = replace(published.PROTOCOLS["jsb16"], settings=replace(TINY, orders=3, networks=2))
    monkeypatch.setitem(published.PROTOCOLS, "jsb16", small)
    command = ["--bench", str(tmp_path), "--out", str(tmp_path / "out"), "--only", "jsb16"]
    assert published.main(command) == 0
    assert capsys.readouterr().out.count("not measured") == 2 * 4
    [row] = json.loads((tmp_path / "out/results.json").read_text())["protocols"]
    assert row["test"]["frames"] == 4 and row["valid"]["pieces"] == 1 and row["networks"] == 2
    assert f"{row['test']['nats_per_frame']:.3f}" in (tmp_path / "out/results.md").read_text()
    monkeypatch.setattr(published, "score", None)  # nothing is scored a second time
    assert published.main(command) == 0


def test_the_command_says_which_file_is_missing(tmp_path, capsys):
    assert published.main(["--bench", str(tmp_path), "--out", str(tmp_path), "--only", "jsb"]) == 2
    assert "JSB_Chorales.mat" in capsys.readouterr().err


# --- the network of the chorales -----------------------------------------------------------------------------------


def choir():
    torch.manual_seed(1)
    made = network(Voices(clock=4), replace(TINY, dropout=0.5))
    for parameter in made.parameters():
        parameter.data *= 5
    return made


def test_a_choir_is_told_what_sounds_and_since_when():
    writing = Voices(clock=4)
    ids = torch.tensor([[*writing.head(0), HOME, START, *writing.write(CHORALE)[0]]])
    made = choir()
    heard = made.heard(ids, places(ids, made.config))
    place = [1 + pitch - LOWEST_SUNG + 1 for pitch in (72, 67, 64, 48)]
    begun, third, last = (ids[0].tolist().index(AT + at * TICKS // 4, 4) for at in (0, 2, 3))
    assert heard.pitch[0, begun].tolist() == [0] * 4
    assert heard.pitch[0, begun + 4].tolist() == heard.pitch[0, third].tolist() == place
    assert heard.since[0, third].tolist() == [2 * TICKS // 4 // 6] * 4
    assert heard.pitch[0, last].tolist() == [place[0] + 2, place[1], 1, place[3] + 7]  # the tenor rests
    assert heard.before[0, last].tolist() == [place[0], 0, place[2], place[3]]
    assert heard.since[0, last].tolist() == [4, 12, 4, 4]
    soprano = heard.often[0, last, :, 0, place[0] - 1]
    assert soprano.tolist() == [2, 2, 2, 1, 1]  # two notes C of late, one of them the soprano's


def test_a_choir_knows_nothing_of_what_comes():
    ids = torch.tensor([Voices(clock=4).write(CHORALE)[0]])
    made = choir().eval()
    whole = made(ids)
    for length in (1, 6, 9):
        assert torch.allclose(made(ids[:, :length]), whole[:, :length], atol=1e-4)


def test_a_choir_weighs_intervals_alike_in_every_key():
    writing, made = Voices(clock=4), choir().eval()
    ids, moved = (torch.tensor([writing.write(CHORALE, shift)[0]]) for shift in (0, 2))
    x = torch.randn(1, ids.shape[1], made.config.width)
    here, there = (
        made.weighed(x, made.heard(i, places(i, made.config))).unflatten(-1, (4, VOICE)) for i in (ids, moved)
    )
    # From the second pitch on: what a voice would score for a pitch, it scores two semitones higher for that pitch.
    assert torch.allclose(here[:, 3:, :, 1:-2], there[:, 3:, :, 3:], atol=1e-4)


def test_a_choir_in_training_does_not_get_all_that_it_is_told():
    ids = torch.tensor([Voices(clock=4).write(CHORALE)[0]])
    made = choir().train()
    heard = made.heard(ids, places(ids, made.config))
    assert not torch.equal(made.told(heard), made.told(heard))
    assert torch.equal(made.eval().told(heard), made.told(heard))
