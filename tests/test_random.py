"""Random numbers: known answers against numpy.random.Philox, and streams that never share numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ArgumentError
from chainrule.random import PURPOSES, Stream, check_seed, generator, random_bits, weight_seed

words = st.integers(0, 2**64 - 1)


@given(seed=words, step=st.integers(0, 2**40), layer=st.integers(0, 2**20), element=st.integers(0, 200))
def test_random_bits_are_numpys_philox(seed, step, layer, element):
    """The block at counter (e // 16 + 1, step, 0, 0): NumPy's generator is put just before it."""
    block = np.random.Philox(
        key=np.array([seed, layer], np.uint64), counter=np.array([element // 16, step, 0, 0], np.uint64)
    ).random_raw(4)
    word = int(block[element % 16 // 4])
    expected = (word >> (16 * (element % 4))) & 0xFFFF
    assert random_bits(seed, step, layer, element + 1)[element] == expected


def test_random_bits_known_answer():
    """Random123's published answer for philox4x64-10 with counter 0 and key 0 (kat_vectors): 16554d9eca36314c ...

    NumPy increments its counter before the first block, so that block comes from the counter before 0.
    """
    ones = np.uint64(2**64 - 1)
    block = np.random.Philox(key=np.zeros(2, np.uint64), counter=np.full(4, ones)).random_raw(4)
    assert [f"{int(word):016x}" for word in block] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]


def test_random_bits_do_not_depend_on_how_many_are_drawn():
    long = random_bits(3, 5, 2, 1000)
    for count in (0, 1, 15, 16, 17, 999):
        np.testing.assert_array_equal(random_bits(3, 5, 2, count), long[:count])


def test_random_bits_are_uniform():
    bits = random_bits(0, 0, 0, 1 << 20).astype(np.float64)
    deviation = 65536 / np.sqrt(12)
    assert abs(bits.mean() - 32767.5) < 5 * deviation / np.sqrt(bits.size)
    counts = np.bincount(random_bits(0, 0, 0, 1 << 20) >> 8, minlength=256)
    chi_square = float(((counts - 4096) ** 2 / 4096).sum())
    assert abs(chi_square - 255) < 5 * np.sqrt(2 * 255)  # chi-square with 255 degrees of freedom


def test_streams_of_seeds_steps_and_layers_differ():
    drawn = {random_bits(*address, 32).tobytes() for address in np.ndindex(4, 4, 4)}
    assert len(drawn) == 64


def test_stream_counts_steps_and_can_be_set_back():
    stream = Stream(seed=9, layer=2)
    first, second = stream.bits(20), stream.bits(20)
    np.testing.assert_array_equal(first, random_bits(9, 0, 2, 20))
    np.testing.assert_array_equal(second, random_bits(9, 1, 2, 20))
    stream.step = 0
    np.testing.assert_array_equal(stream.bits(20), first)


def test_generators_of_purposes_and_indices_differ():
    drawn = {generator(1, purpose, index).random() for purpose in PURPOSES for index in range(5)}
    assert len(drawn) == 5 * len(PURPOSES)
    assert generator(1, "shuffle", 3).random() == generator(1, "shuffle", 3).random()


def test_purposes_share_no_numbers_with_each_other_or_with_masks():
    masks = {int(word) for word in np.random.Philox(key=[1, 0], counter=[0, 0, 0, 0]).random_raw(4000)}
    seen = set(masks)
    for purpose in PURPOSES:
        words = {int(word) for word in generator(1, purpose).bit_generator.random_raw(4000)}
        assert not words & seen
        seen |= words


def test_weight_seeds_differ_and_do_not_depend_on_what_was_drawn_before():
    seeds = {weight_seed(0, layer, weight) for layer in range(10) for weight in range(10)}
    assert len(seeds) == 100
    assert weight_seed(0, 3, 7) in seeds


def test_nothing_touches_numpys_global_state():
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # the very state that must not be touched
    generator(1, "shuffle").permutation(10)
    random_bits(1, 2, 3, 4)
    check_seed(None)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("seed", [0, 7, 2**64 - 1, np.int32(7), np.uint64(2**64 - 1)])
def test_seeds(seed):
    assert check_seed(seed) == int(seed)
    assert type(check_seed(seed)) is int


def test_a_seed_from_the_operating_system():
    assert len({check_seed(None) for _ in range(20)}) > 1


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True, "7"])
def test_bad_seeds(seed):
    with pytest.raises(ArgumentError, match=r"seed must be an integer from 0 to 2\*\*64 - 1, got"):
        check_seed(seed)
