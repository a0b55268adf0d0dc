"""Work that is kept: the store, what it does when things go wrong, and projects as files."""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio import midi, pipeline, store
from studio.errors import StoreError, StudioError
from studio.export import midi_file
from studio.score import Note, Score, Track
from studio.store import Desk, Piece, Store, project, schema
from studio.store import store as store_module
from studio.store.look import HIGH, MOST, WIDE, look

ANNA, BERT = "a" * 32, "b" * 32


def tune(first: int = 60) -> Score:
    notes = tuple(Note(i * 240, first + (i * 2) % 12, 240, 80) for i in range(16))
    return Score(480, (Track(notes, 73, name="Melody", role="melody"),), title="A tune")


def seed(first: int = 60) -> pipeline.Seed:
    return pipeline.read(midi.save(tune(first)), "a tune")


def take(number: int = 0, name: str = "a tune") -> pipeline.Take:
    """One that has an empty track between two others, as an ensemble may."""
    score = tune()
    more = tuple(Note(3840 + i * 480, 62 + number + i, 480, 90) for i in range(4))
    low = tuple(Note(i * 960, 40, 900, 70) for i in range(6))
    tracks = (replace(score.tracks[0], notes=score.tracks[0].notes + more), Track(), Track(low, 33, name="Bass"))
    recipe = {"studio": "1", "verb": "continue", "model": "lstm", "seed": 7 + number, "settings": {"temperature": 1.0}}
    return pipeline.Take(
        score=replace(score, tracks=tracks),
        name=name,
        new_from=3840,
        end=5760,
        bars_new=1,
        new=(frozenset(more), frozenset(), frozenset(n for n in low if n.onset >= 3840)),
        melody_track=2,
        recipe=recipe | {"source": seed().sha256, "tracks": (0, 1)},
        notices=("A remark.",),
        seconds=1.25,
    )


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "work.sqlite3")
    yield opened
    opened.close()


def grown(kept: Store, visitor: str = ANNA) -> tuple[Piece, list[Piece]]:
    """A seed and two takes of it."""
    root = store.of_seed(seed())
    takes = store.of_takes([take(0), take(1)], root.id)
    kept.add(visitor, [root])
    kept.add(visitor, takes)
    return root, takes


# --- pieces ----------------------------------------------------------------------------------------------------------


def test_a_seed_comes_back_as_it_was(kept: Store) -> None:
    was = replace(seed(), repairs=("A repair.",))
    piece = store.of_seed(was)
    kept.add(ANNA, [piece])
    found = kept.get(ANNA, piece.id)
    assert found == piece
    assert found.seed() == was
    assert (found.bars, found.notes, found.kind) == (2, 16, "seed")


def test_a_take_comes_back_with_all_that_its_look_depends_on(kept: Store) -> None:
    was = take()
    (piece,) = store.of_takes([was], None)
    kept.add(ANNA, [piece])
    found = kept.get(ANNA, piece.id)
    assert found == piece
    again = found.take()
    # A MIDI file has no empty tracks; everything that counts tracks follows.
    assert [t.notes for t in again.score.tracks] == [was.score.tracks[0].notes, was.score.tracks[2].notes]
    assert again.new == (was.new[0], was.new[2])
    assert again.melody_track == 1
    assert (again.new_from, again.end, again.bars_new, again.notes_new) == (3840, 5760, 1, was.notes_new)
    assert (again.notices, again.seconds, again.name) == (was.notices, was.seconds, was.name)
    assert again.recipe == {**was.recipe, "tracks": [0, 1]}
    assert pipeline.read(piece.midi).recipe == again.recipe
    assert piece.settings == {"temperature": 1.0}


def test_a_take_kept_is_the_file_that_would_be_downloaded_without_its_record(kept: Store, tmp_path: Path) -> None:
    pipeline.save(take(), tmp_path / "take.mid")
    (piece,) = store.of_takes([take()], None)
    kept.add(ANNA, [piece])
    assert piece.midi == midi_file.without_record((tmp_path / "take.mid").read_bytes())[0]
    assert kept.by_file(ANNA, pipeline.read(tmp_path / "take.mid").sha256) == piece


def test_a_seed_is_no_take_and_half_a_take_is_none(kept: Store) -> None:
    with pytest.raises(StoreError, match="seed, not a take"):
        store.of_seed(seed()).take()
    with pytest.raises(StoreError, match="incompletely"):
        replace(store.of_takes([take()], None)[0], details={"new": 3}).take()


def test_a_thumbnail_is_small_and_tells_new_from_old() -> None:
    strokes = list(zip(*[iter(base64.b64decode(look(take().score, take().new)))] * 4, strict=True))
    assert {fresh for *_, fresh in strokes} == {0, 1}
    assert all(x + width <= WIDE and width >= 1 and row < HIGH for x, width, row, _ in strokes)
    assert all(fresh == (x >= 80 - 1) for x, _, _, fresh in strokes)
    long = Score(480, (Track(tuple(Note(i * 60, 20 + i % 90, 60, 80) for i in range(9000))),))
    assert len(look(long)) <= MOST * 4 * 4 / 3 + 4
    assert look(Score()) == ""


# --- the tree --------------------------------------------------------------------------------------------------------


def test_takes_hang_below_what_they_were_made_from(kept: Store) -> None:
    root, takes = grown(kept)
    further = store.of_takes([take(3)], takes[1].id)
    kept.add(ANNA, further)
    assert kept.tree(ANNA) == [root, *takes, *further]
    assert kept.children(ANNA, root.id) == takes
    assert kept.children(ANNA, takes[1].id) == further
    assert kept.run(ANNA, takes[0].run) == takes
    assert [piece.number for piece in takes] == [1, 2]


def test_what_was_made_from_a_forgotten_piece_moves_up(kept: Store) -> None:
    root, takes = grown(kept)
    further = store.of_takes([take(3)], takes[1].id)
    kept.add(ANNA, further)
    kept.forget(ANNA, takes[1].id)
    assert [(p.id, p.parent) for p in kept.tree(ANNA)] == [
        (root.id, None),
        (takes[0].id, root.id),
        (further[0].id, root.id),
    ]
    kept.forget(ANNA, root.id)
    assert [p.parent for p in kept.tree(ANNA)] == [None, None]


def test_marks_are_kept(kept: Store) -> None:
    root, takes = grown(kept)
    kept.keep(ANNA, takes[0].id)
    kept.like(ANNA, takes[1].id, -1)
    assert [(p.kept, p.liked) for p in kept.tree(ANNA)] == [(False, 0), (True, 0), (False, -1)]
    kept.keep(ANNA, takes[0].id, False)
    assert kept.get(ANNA, takes[0].id) == takes[0]
    with pytest.raises(StoreError):
        kept.like(ANNA, root.id, 5)


def test_two_visitors_never_see_each_other(kept: Store) -> None:
    root, takes = grown(kept)
    kept.set_desk(ANNA, Desk({"seed": root.id}))
    kept.keep(BERT, root.id)
    kept.like(BERT, root.id, 1)
    kept.forget(BERT, root.id)
    assert kept.tree(BERT) == kept.children(BERT, root.id) == kept.run(BERT, takes[0].run) == []
    assert kept.get(BERT, root.id) is kept.by_file(BERT, root.sha256) is None
    assert kept.desk(BERT) == Desk()
    assert kept.tree(ANNA) == [root, *takes]


@pytest.mark.parametrize("name", ["", "A" * 32, "a" * 31, "a" * 33, "../" + "a" * 29, "a" * 32 + "\n", None, 7])
def test_nothing_is_kept_for_who_has_no_proper_name(kept: Store, name: Any) -> None:
    assert not store.is_visitor(name)
    with pytest.raises(StoreError, match="cookie"):
        kept.add(name, [store.of_seed(seed())])
    with pytest.raises(StoreError, match="cookie"):
        kept.set_desk(name, Desk())


def test_the_desk_is_kept(kept: Store) -> None:
    root, takes = grown(kept)
    desk = Desk({"seed": root.id, "blend-other": takes[0].id}, (takes[0].id, takes[1].id), 1, {"continue-bars": 4})
    kept.set_desk(ANNA, desk)
    kept.set_desk(ANNA, replace(desk, shown=0))
    assert kept.desk(ANNA) == replace(desk, shown=0)


def test_the_oldest_that_nobody_keeps_go_first(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_PIECES", 4)
    root, takes = grown(kept)
    kept.set_desk(ANNA, Desk({"seed": root.id}))
    kept.keep(ANNA, takes[0].id)
    added = [store.of_takes([take(n)], takes[0].id)[0] for n in (2, 3, 4)]
    for piece in added:
        kept.add(ANNA, [piece])
    # The seed lies on the desk, the first take is marked: the second and the one that came after it made room.
    assert [p.id for p in kept.tree(ANNA)] == [root.id, takes[0].id, added[1].id, added[2].id]
    for piece in added[1:]:
        kept.keep(ANNA, piece.id)
    with pytest.raises(StoreError, match="no room"):
        kept.add(ANNA, store.of_takes([take(5)], None))
    assert len(kept.tree(ANNA)) == 4
    grown(kept, BERT)
    assert len(kept.tree(BERT)) == 3


def test_large_pieces_make_room_as_well(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = store.of_takes([take(n) for n in range(6)], None)
    monkeypatch.setattr(store_module, "MOST_BYTES", 5000)
    for piece in pieces:
        kept.add(ANNA, [piece])
    left = kept.tree(ANNA)
    assert 1 <= len(left) < 6
    assert left == pieces[-len(left) :]


# --- what may go wrong -----------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_store import ANNA, grown, Desk, Store
kept = Store(Path(sys.argv[1]))
root, takes = grown(kept)
kept.keep(ANNA, takes[1].id)
kept.set_desk(ANNA, Desk({"seed": root.id}, (takes[0].id,)))
print(root.id, flush=True)
while True:
    kept.like(ANNA, root.id, 1)
"""


def test_a_killed_server_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "work.sqlite3"
    arguments = [sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        root = writer.stdout.readline().strip()
        os.kill(writer.pid, signal.SIGKILL)
    kept = Store(path)
    assert kept.notice == ""
    tree = kept.tree(ANNA)
    assert [(p.kind, p.kept) for p in tree] == [("seed", False), ("take", False), ("take", True)]
    assert tree[0].id == root
    assert tree[1].take().notes_new == take().notes_new
    assert kept.desk(ANNA) == Desk({"seed": root}, (tree[1].id,))
    kept.close()


def test_many_threads_at_once(kept: Store) -> None:
    names = [secrets.token_hex(16) for _ in range(4)]
    root = store.of_seed(seed())

    def work(name: str) -> None:
        for n in range(5):
            kept.add(name, [replace(root, id=f"{n}")])
            kept.keep(name, f"{n}")
            kept.set_desk(name, Desk({"seed": f"{n}"}))

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        assert [(p.id, p.kept) for p in kept.tree(name)] == [(f"{n}", True) for n in range(5)]


def test_two_programs_share_one_file(kept: Store) -> None:
    other = Store(kept.path)
    root, _ = grown(kept)
    other.keep(ANNA, root.id)
    assert kept.get(ANNA, root.id).kept
    other.close()


def test_all_or_none_of_several_are_added(kept: Store) -> None:
    first, second = store.of_takes([take(0), take(1)], None)
    with pytest.raises(StoreError, match="could not be kept"):
        kept.add(ANNA, [first, replace(second, id=first.id)])
    assert kept.tree(ANNA) == []


@pytest.mark.parametrize("damage", ["text", "head", "middle"])
def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "work.sqlite3"
    first = Store(path)
    for n in range(8):
        first.add(ANNA, store.of_takes([take(n)], None))
    first.close()
    data = bytearray(path.read_bytes())
    if damage == "text":
        data = bytearray(b"This is no database. " * 100)
    elif damage == "head":
        data[:100] = bytes(100)
    else:
        data[4096 : len(data)] = secrets.token_bytes(len(data) - 4096)
    path.write_bytes(data)
    again = Store(path)
    assert "damaged" in again.notice and again.tree(ANNA) == []
    grown(again)
    aside = [p for p in tmp_path.iterdir() if ".damaged-" in p.name and not p.name.endswith(("-wal", "-shm"))]
    assert [p.read_bytes() for p in aside] == [bytes(data)]
    again.close()
    third = Store(path)
    assert third.notice == "" and len(third.tree(ANNA)) == 3
    third.close()


def test_a_file_of_a_newer_studio_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "work.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer studio"):
        Store(path)
    assert path.read_bytes() == before


def test_an_older_file_is_brought_up_to_date(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    root, _ = grown(kept)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("ALTER TABLE piece ADD COLUMN colour TEXT",)))
    newer = Store(kept.path)
    assert newer.get(ANNA, root.id) == root
    with sqlite3.connect(kept.path) as database:
        assert schema.version(database) == 2
    database.close()
    newer.close()


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="STUDIO_DATA"):
        Store(tmp_path / "file" / "work.sqlite3")


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STUDIO_DATA", str(tmp_path / "elsewhere"))
    assert store.data_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("STUDIO_DATA")
    assert store.data_folder().name == "music-studio"


# --- projects --------------------------------------------------------------------------------------------------------


def shape(pieces: list[Piece]) -> list[tuple[Any, ...]]:
    """A tree without its ids."""
    at = {piece.id: i for i, piece in enumerate(pieces)}
    runs = list(dict.fromkeys(piece.run for piece in pieces))
    return [(at.get(p.parent or ""), runs.index(p.run), replace(p, id="", parent=None, run="")) for p in pieces]


def full(kept: Store) -> list[Piece]:
    """A visitor's work with everything in it."""
    root, takes = grown(kept)
    kept.add(ANNA, [*store.of_takes([take(3, "Größe/../x ${1}")], takes[1].id), store.of_seed(seed(50))])
    kept.keep(ANNA, takes[0].id)
    kept.like(ANNA, takes[1].id, 1)
    kept.set_desk(ANNA, Desk({"seed": root.id}, tuple(p.id for p in takes), 1, {"continue-bars": 4}))
    return kept.tree(ANNA)


def test_a_project_opens_as_it_was_saved(kept: Store) -> None:
    was = full(kept)
    data = project.save(kept, ANNA)
    assert data == project.save(kept, ANNA)
    project.add(kept, BERT, project.open_(data))
    now = kept.tree(BERT)
    assert shape(now) == shape(was)
    for old, new in zip(was, now, strict=True):
        assert old.seed() == new.seed()
        assert old.kind == "seed" or old.take() == new.take()
    desk = kept.desk(BERT)
    assert desk == Desk({"seed": now[0].id}, (now[1].id, now[2].id), 1, {"continue-bars": 4})


def test_opening_adds_and_other_programs_can_read_the_music(kept: Store) -> None:
    was = full(kept)
    data = project.save(kept, ANNA)
    project.add(kept, ANNA, project.open_(data))
    assert kept.tree(ANNA)[: len(was)] == was
    assert shape(kept.tree(ANNA)[len(was) :]) == shape(was)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert names[0] == "project.json" and names[1] == "pieces/01-a-tune.mid"
        assert names[4] == "pieces/04-Größe-x-1.mid"
        assert midi.load(archive.read(names[1])).score == seed().score
        listing = json.loads(archive.read("project.json"))
        assert listing["format"] == 1 and listing["pieces"][1]["recipe"]["settings"] == {"temperature": 1.0}


def test_nothing_is_no_project(kept: Store) -> None:
    with pytest.raises(StoreError, match="nothing to save"):
        project.save(kept, ANNA)


Change = Callable[[dict[str, Any]], Any]


def forged(data: bytes, change: Change, **files: bytes) -> bytes:
    """The project with its listing changed, and with other files."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        listing = json.loads(old.read("project.json"))
        change(listing)
        new.writestr("project.json", json.dumps(listing))
        for name in old.namelist()[1:]:
            new.writestr(name, files.get("all", old.read(name)))
    return written.getvalue()


def set_(name: str, value: Any, n: int = 1) -> Change:
    return lambda listing: listing["pieces"][n].__setitem__(name, value)


def set_detail(name: str, value: Any) -> Change:
    return lambda listing: listing["pieces"][1]["details"].__setitem__(name, value)


@pytest.mark.parametrize(
    "change",
    [
        set_("file", "../../etc/passwd"),
        set_("file", "/etc/passwd"),
        set_("file", "pieces/../project.json"),
        set_("file", "pieces/99-none.mid"),
        set_("file", 7),
        set_("created", "yesterday"),
        set_("bars", 2**70),
        set_("bars", "many"),
        set_("name", ["x"]),
        set_("recipe", "x"),
        set_("recipe", {}),
        set_("details", None),
        set_detail("new", [[[0, 60, 1, 1]]]),
        set_detail("new", [[[0, 60]], []]),
        set_detail("new_from", 10**9),
        set_detail("melody_track", 99),
        set_detail("seconds", "x"),
        lambda listing: listing.clear(),
        lambda listing: listing.update(format=2),
        lambda listing: listing.update(pieces=[]),
        lambda listing: listing.update(pieces={"a": 1}),
        lambda listing: listing.update(pieces=listing["pieces"] * 200),
        lambda listing: listing.update(desk=None),
        lambda listing: listing["desk"].update(takes=7),
    ],
)
def test_a_forged_project_is_refused_with_a_sentence(kept: Store, change: Change) -> None:
    full(kept)
    with pytest.raises(StudioError) as caught:
        project.open_(forged(project.save(kept, ANNA), change))
    assert str(caught.value).endswith(".") and "Traceback" not in str(caught.value)


def test_a_piece_that_hangs_nowhere_is_a_root(kept: Store) -> None:
    full(kept)
    opened = project.open_(forged(project.save(kept, ANNA), set_("parent", "somebody-elses")))
    assert opened.pieces[1].parent is None


@pytest.mark.parametrize("data", [b"", b"PK", b"MThd" + bytes(40), bytes(5000)])
def test_what_is_no_zip_is_no_project(data: bytes) -> None:
    with pytest.raises(StoreError, match="no project file"):
        project.open_(data)


def test_a_zip_bomb_is_not_unpacked(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    full(kept)
    data = project.save(kept, ANNA)
    monkeypatch.setattr(project, "MOST_BYTES", 200_000)
    bomb = forged(data, lambda listing: None, all=bytes(5_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(StoreError, match="larger than"):
        project.open_(bomb)
    monkeypatch.setattr(project, "MOST_ZIPPED", 1000)
    with pytest.raises(StoreError, match="larger than"):
        project.open_(data)


def test_damaged_music_in_a_project_is_refused(kept: Store) -> None:
    full(kept)
    data = project.save(kept, ANNA)
    with pytest.raises(StudioError):
        project.open_(forged(data, lambda listing: None, all=b"no music"))
    cut = data[: len(data) // 2]
    with pytest.raises(StoreError):
        project.open_(cut)
