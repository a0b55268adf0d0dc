"""The contract that every representation in the folder keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import scores

from studio import representations

ALL = [representations.find(name)() for name in representations.names()]
TOKENS = [representation for representation in ALL if hasattr(representation, "allowed")]
each = pytest.mark.parametrize("representation", ALL, ids=lambda r: r.name)
each_of_tokens = pytest.mark.parametrize("representation", TOKENS, ids=lambda r: r.name)
few = settings(deadline=None, max_examples=60)


def test_there_is_a_representation():
    assert {"events", "pianoroll"} <= set(representations.names()) and TOKENS
    with pytest.raises(KeyError):
        representations.find("nonsense")


@each
@few
@given(score=scores())
def test_round_trip_is_exact_on_the_grid(representation, score):
    on_grid = representation.quantize(score)
    assert representation.quantize(on_grid) == on_grid
    if on_grid.tracks:
        assert representation.decode(representation.encode(on_grid)) == on_grid


@each_of_tokens
@few
@given(data=st.data())
def test_decode_takes_any_ids(representation, data):
    ids = data.draw(st.lists(st.integers(0, representation.vocab_size - 1), max_size=200))
    score = representation.decode(np.array(ids, dtype=np.int64))
    assert representation.quantize(score) == score


@each_of_tokens
@few
@given(score=scores())
def test_the_mask_allows_what_encode_writes(representation, score):
    prefix = []
    for token in representation.encode(score)[:40]:
        assert representation.allowed(prefix)[token]
        prefix.append(int(token))
