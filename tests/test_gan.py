"""The GAN keeps its contract on tiny sizes, its data says what the folder says, and the pipeline plays it right."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from runs import prepared
from tiny import save_gan

from studio import checkpoints, midi, models, pipeline
from studio.data import __main__ as prepare
from studio.data import rolls
from studio.data.rolls import GIVEN, MIDDLE, NEW, Rolls
from studio.errors import SeedError, SettingError
from studio.harmony import Chord
from studio.models import OptimizerSettings, gan
from studio.pipeline import bars as whole_bars
from studio.representations.pianoroll import (
    CELLS,
    FIRST,
    ONSET,
    REST,
    SLOTS,
    SUSTAIN,
    PianoRoll,
    chord_number,
)
from studio.score import Note, Score, TimeSignature, Track
from studio.train import __main__ as command_line
from studio.train.judges import rolls as judge

ROLL = PianoRoll()
CPU = torch.device("cpu")
C_MAJOR = [60, 62, 64, 65, 67, 69, 71, 72]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline.catalogue, "CHECKPOINTS", tmp_path)
    return save_gan(tmp_path / "gan")


def windows(count=4, metre=(4, 4)):
    """Bars of scales over C and G7, each from another step."""
    slots = SLOTS * metre[0] // metre[1]
    rows = np.zeros((count, GIVEN + NEW, CELLS + SLOTS), np.uint8)
    rows[..., :3] = [*metre, 20]
    rows[..., FIRST:CELLS] = [chord_number(Chord(0, "maj")), chord_number(Chord(7, "7"))]
    for i in range(count):
        for bar in range(GIVEN + NEW):
            for slot in range(0, slots, 2):
                rows[i, bar, CELLS + slot] = ONSET + C_MAJOR[(i + bar + slot // 2) % 8]
                rows[i, bar, CELLS + slot + 1] = SUSTAIN
    return rows


def model(**sizes):
    torch.manual_seed(0)
    tiny = {"width": 16, "cell": 8, "hidden": 32, "layers": 1, "latent": 6, "noise": 4, "alone": 0}
    return gan.Model(gan.Config(**{**tiny, **sizes}))


def seed(score, name="seed"):
    return pipeline.read(midi.save(score), name)


def song(bars=6, program=0, resolution=480, metre=(4, 4)):
    """A melody over one chord a bar."""
    beat = 4 * resolution // metre[1]
    notes = tuple(Note(i * beat, C_MAJOR[i % 5] + 12, beat, 90) for i in range(bars * metre[0]))
    length = beat * metre[0]
    chords = tuple(Note(i * length, pitch, length, 70) for i in range(bars) for pitch in (48, 52, 55))
    tracks = (Track(notes, program, name="Voice", role="melody"), Track(chords, 0, name="Piano"))
    return Score(resolution, tracks, time_signatures=(TimeSignature(0, *metre),))


# --- the network -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "rmsprop"])
def test_it_learns_to_write_bars_again(optimizer):
    network = model(alone=1000, divergence=0.0)
    optimizers = network.configure_optimizers(OptimizerSettings(optimizer, lr=0.01))
    batch = torch.from_numpy(windows())
    missed = [network.train().training_step(batch, optimizers, 1.0)["again"] for _ in range(120)]
    assert missed[-1] < missed[0] / 3


def changed(network, steps=1):
    """What of the network changes while it learns."""
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizers = network.configure_optimizers(OptimizerSettings())
    for _ in range(steps):
        told = network.training_step(torch.from_numpy(windows()), optimizers, 1.0)
    assert all(np.isfinite(list(told.values())))
    return {name.split(".")[0] for name, value in network.state_dict().items() if not torch.equal(before[name], value)}


def test_the_autoencoder_learns_first_and_then_both_players():
    assert changed(model(alone=2), 2) == {"reader", "writer", "turns"}
    assert changed(model(alone=0), 2) == {"generator", "mean", "discriminator", "turns"}


def test_several_processes_are_refused():
    class Three(models.World):
        size = 3

    network = model()
    with pytest.raises(SettingError, match="one process"):
        network.training_step(
            torch.from_numpy(windows()), network.configure_optimizers(OptimizerSettings()), 1.0, Three()
        )


def test_the_discriminator_learns_what_is_real():
    network = model(penalty=0.01)
    _, optimizer, _ = network.configure_optimizers(OptimizerSettings(lr=0.01))
    rows = torch.from_numpy(windows(16)).long()
    with torch.no_grad():
        centre, _ = network.latents(rows)
        given, real = centre[:, :GIVEN], centre[:, GIVEN:]
        made = network.generator(rows, given, torch.randn(16, NEW, 4))
    losses = [network._step_discriminator(rows, given, real, made, optimizer, 1.0)["discriminator"] for _ in range(60)]
    assert losses[-1] < losses[0] / 2


def test_the_generator_learns_to_make_what_follows():
    """A game with one right answer: the latents that it makes come nearer to those of the bars that follow."""
    network = model(averaging=0.9, penalty=0.05)
    optimizers = network.configure_optimizers(OptimizerSettings(lr=0.003))
    rows = torch.from_numpy(windows(8)).long()
    centre = network.latents(rows)[0].detach()

    def miss():
        with torch.no_grad():
            made = network.mean(rows, centre[:, :GIVEN], torch.randn(8, NEW, 4))
        return float((made - centre[:, GIVEN:]).square().mean())

    before = miss()
    for _ in range(300):
        network.training_step(rows, optimizers, 1.0)
    assert miss() < before / 2


def test_what_it_writes_are_rows_of_the_metre_asked_for():
    network = model().eval()
    rows = torch.from_numpy(windows(3, (3, 4)))
    new = network.write(rows).numpy().astype(np.uint8)
    assert new.shape == (3, NEW, CELLS + SLOTS)
    assert (new[..., :2] == [3, 4]).all() and (new[..., CELLS + 12 :] == REST).all()
    pitches = new[..., CELLS:][new[..., CELLS:] >= ONSET] - ONSET
    assert pitches.min() >= 48 and pitches.max() < 96
    for window in new:
        score = ROLL.decode(window)
        assert ROLL.quantize(score) == score


def test_same_seed_same_bars_and_takes_differ():
    network, rows = model().eval(), windows()

    def takes(seeds, temperature=1.0):
        generators = [torch.Generator().manual_seed(number) for number in seeds]
        given, wanted = torch.from_numpy(rows[0, :GIVEN]), torch.from_numpy(rows[0, :6])
        return torch.cat(list(network.generate(given, wanted, temperature, generators)), 1).numpy()

    first, second = takes([1, 2])
    assert first.shape == (6, CELLS + SLOTS) and (first != second).any()
    assert (takes([1])[0] == first).all() and (takes([2])[0] == second).all()
    cold = takes([1, 2], 0.0)
    assert (cold[0] == cold[1]).all()


def test_longer_music_goes_on_from_its_own_bars():
    network, rows = model().eval(), torch.from_numpy(windows(1)[0])
    generators = [torch.Generator().manual_seed(3)]
    first, second = list(network.generate(rows[:2], rows[:8], 0.0, generators))
    again = next(network.generate(first[0], rows[:4], 0.0, generators))
    assert torch.equal(again, second)


# --- the data ----------------------------------------------------------------------------------------------------


def test_windows_are_bars_in_the_home_key(folder):
    examples = Rolls(folder, "train")
    batch = examples.batch(3, 0, 16)
    assert examples.tokens > 0 and examples.notes > 0 and batch.shape == (16, GIVEN + NEW, CELLS + SLOTS)
    assert (batch == examples.batch(3, 0, 16)).all() and (batch != examples.batch(4, 0, 16)).any()
    cells = batch[:, :GIVEN, CELLS:].astype(int)
    for window in cells:
        pitches = window[window >= ONSET] - ONSET
        assert abs(pitches.mean() - MIDDLE) <= 6.5


def test_what_the_ids_say_is_what_the_score_says(folder):
    """The quick way from ids to rows and the way through a score agree, bar by bar."""
    from benchmarks.evaluation_pieces import Folder

    pieces = Folder(folder)
    examples = Rolls(folder, "train")
    read = examples._rows[1:]
    begin = 0
    for piece in pieces.of("train"):
        rows = ROLL.encode(pieces.score(piece, 0, piece.bars))
        mine = read[begin : begin + piece.bars]
        begin += piece.bars
        assert (mine[:, :2] == rows[:, :2]).all() and (mine[:, CELLS:] == rows[:, CELLS:]).all()
    assert begin == len(read)


def test_home_is_c_major_or_a_minor():
    rows = windows(1)[0, :GIVEN]
    for shift in (-6, -1, 3, 5):
        moved = ROLL.transpose(rows, shift)
        found, back = rolls.home(moved, shift % 12, False, ROLL)
        assert (back + shift) % 12 == 0
        pitches = found[:, CELLS:][found[:, CELLS:] >= ONSET].astype(int) - ONSET
        assert set(pitches % 12) == {pitch % 12 for pitch in C_MAJOR} and abs(pitches.mean() - MIDDLE) <= 6
    assert rolls.home(rows, 4, True, ROLL)[1] % 12 == 5  # E minor goes to A minor


# --- training ----------------------------------------------------------------------------------------------------


def test_it_trains_through_the_one_loop_and_the_card_tells_how(folder, tmp_path, capsys):
    sizes = ["width=16", "cell=8", "hidden=32", "layers=1", "latent=6", "noise=4", "alone=5"]
    run = ["steps=20", "eval_every=10", "batch=8", "threads=1", "precision=fp32", "warmup=2", "lr=0.01"]
    arguments = ["--model", "gan", "--data", str(folder), "--out", str(tmp_path / "gan"), "--set", *sizes, *run]
    assert command_line.main(arguments) == 0
    figures = json.loads(capsys.readouterr().out)
    assert 0 <= figures["test_distance_pitch_classes"] <= 1 and 0 <= figures["test_duplicates"] <= 1
    with (tmp_path / "gan" / "loss.csv").open() as file:
        first, last = csv.DictReader(file)
    assert float(first["train_again"]) > 0 and float(first["train_discriminator"]) > 0
    assert float(last["train_again"]) == 0 and float(last["valid_variety"]) > 0
    network, representation = checkpoints.load(tmp_path / "gan")
    assert representation.name == "pianoroll" and int(network.turns) in (10, 20)
    again = judge.compare(network, Rolls(folder, "test").evaluation(judge.SAMPLES), CPU)
    assert again["pitch_classes"] == pytest.approx(figures["test_distance_pitch_classes"])


# --- figures -----------------------------------------------------------------------------------------------------


def test_equal_bars_are_at_no_distance_and_other_ones_are():
    rows = windows(6)
    assert set(judge.distribution_distances(rows, rows).values()) == {0}
    higher = ROLL.transpose(rows, 1)
    distances = judge.distribution_distances(higher, rows)
    assert distances["pitch_classes"] > 0.5 and distances["durations"] == 0 and distances["intervals"] == 0
    assert distances["chords"] == 1


def test_durations_end_with_rests_and_next_notes():
    rows = windows(1)
    rows[..., CELLS:] = [ONSET + 60, SUSTAIN, SUSTAIN, REST, ONSET + 60, *11 * [SUSTAIN]]
    found = judge._distributions(rows)["durations"]
    assert found[3] == 0.5 and found[12] == 0.5


def test_duplicates_and_differences_are_counted():
    rows = windows(4)
    assert judge.duplicates(rows) == 0 and judge.duplicates(rows[[0, 0, 1, 0]]) == 0.5
    assert judge.difference(rows, rows) == 0
    other = rows.copy()
    other[:, :, CELLS] = REST
    assert judge.difference(rows, other) == 1 / SLOTS


# --- the pipeline ------------------------------------------------------------------------------------------------


def test_a_seed_is_continued_with_melody_and_chords(checkpoint):
    source = seed(song(program=40))
    request = pipeline.Request("gan", bars=8, seed=5)
    *steps, take = pipeline.continue_(source, request)
    assert [step.bars_done for step in steps] == [4, 8] and steps[0].take.bars_new == 4
    assert take.bars_new == 8 and take.notes_new > 0 and take.score.end <= take.end
    assert [track.name for track in take.score.tracks] == ["Voice", "Piano", "Chords"]
    assert take.score.tracks[0].program == 40 and not take.new[1] and take.new[2]
    kept = take.score.slice_ticks(0, take.new_from).rescale(480)
    assert kept.tracks[0].notes == source.score.tracks[0].notes and kept.tracks[1].notes == source.score.tracks[1].notes
    (again,) = [found for found in pipeline.continue_(source, request) if isinstance(found, pipeline.Take)]
    assert again.score == take.score and take.recipe["verb"] == "continue"
    assert "last 4 bars" in " ".join(take.notices)


def test_takes_are_those_of_their_seed_numbers(checkpoint):
    source = seed(song())
    takes = [t for t in pipeline.continue_(source, pipeline.Request("gan", seed=5, takes=2)) if hasattr(t, "recipe")]
    *_, alone = pipeline.continue_(source, pipeline.Request("gan", seed=6))
    assert takes[1].score == alone.score != takes[0].score


def test_a_result_can_be_continued_in_the_same_tracks(checkpoint):
    *_, take = pipeline.continue_(seed(song()), pipeline.Request("gan", bars=4))
    *_, more = pipeline.continue_(seed(take.score), pipeline.Request("gan", bars=4))
    assert [track.name for track in more.score.tracks] == ["Voice", "Piano", "Chords"] and more.new[2]


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (12, 8), (3, 2), (5, 8)])
def test_new_bars_are_in_the_seeds_metre(checkpoint, metre):
    *_, take = pipeline.continue_(seed(song(metre=metre)), pipeline.Request("gan", bars=3))
    assert take.bars_new == 3 and take.score.time_signatures[-1][1:] == metre
    assert take.end - take.new_from == 3 * take.score.bar_length(*metre)
    assert all(note.end <= take.end for track in take.score.tracks for note in track.notes)


def test_a_metre_that_sixteenths_do_not_hold_is_refused(checkpoint):
    with pytest.raises(SeedError, match="5/32"):
        list(pipeline.continue_(seed(song(metre=(5, 32))), pipeline.Request("gan")))


def test_an_ending_cannot_be_had_and_that_is_said(checkpoint):
    *_, take = pipeline.continue_(seed(song()), pipeline.Request("gan", bars=4, ending=True))
    assert "ending" in take.notices[-1]


def test_what_the_model_sees_is_in_its_home_key():
    chosen = pipeline.passage.choose(song().transpose(3), None, 1, None)
    rows, shift = whole_bars._given(ROLL, chosen)
    assert shift % 12 == 9 and len(rows) == GIVEN
    assert (rows[:, FIRST] == chord_number(Chord(0, "maj"))).all()


def test_the_module_says_what_it_can_do():
    module = models.find("gan")
    assert module.EXAMPLES == "rolls" and module.VERBS == ("continue",)
    assert replace(gan.Config(), width=64).width == 64


def test_pieces_of_triplets_are_left_out(tmp_path):
    (tmp_path / "tunes").mkdir()
    for i in range(12):
        notes = tuple(Note(j * 8, 60 + (i + 2 * j) % 12, 8, 80) for j in range(12 * 12))
        midi.save(Score(24, (Track(notes, role="melody"),)), tmp_path / "tunes" / f"{i}.mid")
    arguments = ["--voices", "melody", "--licence", "CC0", "--style", "folk", "--out", str(tmp_path / "prepared")]
    assert prepare.main([*arguments, str(tmp_path / "tunes")]) == 0
    assert Rolls(tmp_path / "prepared", "train").tokens == 0
