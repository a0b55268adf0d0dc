"""How fast the Transformer writes, beside Hugging Face transformers' generate() on a Llama of the same shape.

    python -m benchmarks.decoding [--out DIR]        needs the extra: pip install -c constraints.txt -e '.[bench]'

All read the same prompt and write as many ids, in one process, with one thread (as the studio writes), turn by turn.
Ours samples under the grammar, with min-p and the guard against loops, and what it writes are notes; its weights are
rounded to 8 bits. The Llama, in float32 or bfloat16, samples from the plain softmax of random weights, so its ids mean
nothing; its notes per second are reckoned at as many ids a note as ours wrote. Reading the prompt is counted in.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import version
from pathlib import Path
from statistics import median

import torch

from benchmarks.table import Row, circumstances, report, write
from studio import checkpoints, pipeline
from studio.models.transformer import SIZES, Block, Config, Model
from studio.pipeline import catalogue
from studio.representations.events import Events, Plan
from studio.sampling import Settings
from studio.score import Score

EXAMPLE = "evening-window"
"""Two tracks, eight bars."""
BATCHES = (1, 4)
PROMPTS = (1, 4)
"""The example so many times in a row."""
NEW = 256
SETTINGS = Settings(min_p=0.02)


@dataclass(frozen=True)
class Case:
    """What both have to do: continue the prompt in so many takes."""

    prompt: torch.Tensor
    takes: int


Writer = Callable[[Case, int], int]
"""Does the case with so many new ids for each take; returns how many of them are notes."""


def model_and_events() -> tuple[Model, Events, str]:
    """The trained Transformer, or one of its size with random weights where there is none, and which of the two."""
    folder = catalogue.CHECKPOINTS / "transformer"
    if folder.is_dir():
        return *checkpoints.load(folder), "trained weights"
    events = Events()
    torch.manual_seed(0)
    config = Config(events.vocab_size, **events.marks, **SIZES["small"])
    return Model(config).eval(), events, "random weights"


def example(times: int) -> Score:
    """The shipped example, so many times in a row."""
    one = pipeline.read(next(path for _, path in pipeline.examples() if path.stem == EXAMPLE)).score
    end = one.bars[-1].end
    return reduce(lambda whole, number: whole.append(one, end * number), range(1, times), one)


def ours(model: Model, events: Events) -> Writer:
    """The studio's own decoding."""

    def work(case: Case, new: int) -> int:
        grammars = [events.grammar(case.prompt.tolist()) for _ in range(case.takes)]
        for grammar in grammars:
            grammar.steer(Plan(bars=new))
        generators = [torch.Generator().manual_seed(number) for number in range(case.takes)]
        steps = model.generate(case.prompt, grammars, SETTINGS, generators)
        return sum(token in events.note_ids for _, row in zip(range(new), steps, strict=False) for token in row)

    return work


def llama(model: Model, cache: str, dtype: torch.dtype = torch.float32) -> Writer:
    """Hugging Face's decoding of a Llama as wide, as deep and with as many ids; `cache` is dynamic or static."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config, block = model.config, model.blocks[0]
    assert isinstance(block, Block)
    shape = LlamaConfig(
        vocab_size=config.vocab_size,
        hidden_size=config.width,
        intermediate_size=block.down.in_features,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        max_position_embeddings=config.context,
        tie_word_embeddings=True,
        eos_token_id=None,
    )
    torch.manual_seed(0)
    network = LlamaForCausalLM(shape).eval().to(dtype)

    def work(case: Case, new: int) -> int:
        prompts = case.prompt.expand(case.takes, -1)
        out = network.generate(
            prompts,
            attention_mask=torch.ones_like(prompts),
            do_sample=True,
            top_k=0,
            max_new_tokens=new,
            pad_token_id=0,
            cache_implementation=cache,
        )
        assert out.shape == (case.takes, prompts.shape[1] + new)
        return 0

    return work


@dataclass(frozen=True)
class Speed:
    """Median seconds for a case of each writer, and the notes that ours wrote in it."""

    case: Case
    seconds: dict[str, float]
    notes: int


def race(writers: dict[str, Writer], case: Case, repeats: int, new: int) -> Speed:
    """Turn by turn, so that what else the machine does strikes all alike."""
    times: dict[str, list[float]] = {name: [] for name in writers}
    notes = 0
    for turn in range(repeats + 1):
        for name, work in writers.items():
            start = time.perf_counter()
            written = work(case, new if turn else 8)
            if turn:  # the first is to warm up
                times[name].append(time.perf_counter() - start)
                notes = max(notes, written)
    return Speed(case, {name: median(seconds) for name, seconds in times.items()}, notes)


def rows(speed: Speed, new: int) -> list[Row]:
    """Ids and notes a second of each, and how many times as fast ours is."""
    takes, prompt = speed.case.takes, len(speed.case.prompt)
    where = f"{takes} take{'s' * (takes > 1)}, {prompt} + {new} ids"
    found = []
    for name, seconds in speed.seconds.items():
        found.append(Row(f"{name}, {where}", takes * new / seconds, "ids/s"))
        found.append(Row(f"{name}, {where}", speed.notes / seconds, "notes/s"))
    ours_s, *others = speed.seconds.values()
    found.append(Row(f"ours against the fastest other, {where}", min(others) / ours_s, "times"))
    return found


def main() -> None:
    """Measure, print and write decoding.json and decoding.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decoding", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="each figure is the median of so many (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the figures go")
    args = parser.parse_args()
    torch.set_num_threads(1)
    about = circumstances(shlex.join(["python", "-m", "benchmarks.decoding", *sys.argv[1:]]))
    about["versions"] = {name: version(name) for name in ("torch", "transformers")}
    model, events, weights = model_and_events()
    about["network"] = f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters, {weights}, one thread"
    writers = {
        "ours": ours(model, events),
        "transformers": llama(model, "dynamic"),
        "transformers, static cache": llama(model, "static"),
        "transformers, bfloat16": llama(model, "dynamic", torch.bfloat16),
    }
    found = []
    for times in PROMPTS:
        prompt = torch.from_numpy(events.encode(example(times)))
        for takes in BATCHES:
            found += rows(race(writers, Case(prompt, takes), args.repeats, NEW), NEW)
    table = report(found, about)
    print(table)
    write(args.out / "decoding.json", about, repeats=args.repeats, rows=found)
    (args.out / "decoding.md").write_text(f"{about['network']}.\n\n{table}", encoding="utf-8")


if __name__ == "__main__":
    main()
