"""The benchmark of decoding measures what it says, on a tiny network."""

import pytest
import torch

from benchmarks import decoding
from benchmarks.decoding import Case, Speed
from studio.models.transformer import Config, Model
from studio.representations.events import Events

EVENTS = Events()
PROMPT = torch.from_numpy(EVENTS.encode(decoding.example(1)))


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(Config(EVENTS.vocab_size, **EVENTS.marks, width=64, layers=1, heads=2, context=512)).eval()


def test_the_prompt_is_eight_bars_so_many_times() -> None:
    assert decoding.example(1).bar_count == 8
    assert decoding.example(3).bar_count == 24
    assert decoding.example(3).note_count == 3 * decoding.example(1).note_count


def test_ours_writes_so_many_ids_and_counts_its_notes(model: Model) -> None:
    work = decoding.ours(model, EVENTS)
    assert 2 * 60 / 5 < work(Case(PROMPT, 2), 60) <= 2 * 60 / 2


@pytest.mark.parametrize("cache", ["dynamic", "static"])
def test_the_llama_is_as_large_and_writes_as_many(model: Model, cache: str) -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra `bench`")
    made = []
    plain = transformers.LlamaForCausalLM.__init__

    def noted(self, config):
        plain(self, config)
        made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transformers.LlamaForCausalLM, "__init__", noted)
        decoding.llama(model, cache)(Case(PROMPT, 2), 4)
    assert sum(p.numel() for p in made[0].parameters()) == sum(p.numel() for p in model.parameters())


def test_rates_and_the_ratio_are_of_the_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clock readings of two writers in turn: a warm-up each, then 1, 9 and 2 seconds against 8, 4 and 5."""
    seconds = iter([0, 0, 0, 1, 0, 8, 0, 9, 0, 4, 0, 2, 0, 5])
    monkeypatch.setattr(decoding.time, "perf_counter", lambda: next(seconds))
    writers = {"ours": lambda case, new: 30, "other": lambda case, new: 0}
    speed = decoding.race(writers, Case(PROMPT, 4), 3, 100)
    assert speed == Speed(speed.case, {"ours": 2, "other": 5}, 30)
    values = [(row.value, row.unit) for row in decoding.rows(speed, 100)]
    assert values == [(200, "ids/s"), (15, "notes/s"), (80, "ids/s"), (6, "notes/s"), (2.5, "times")]
