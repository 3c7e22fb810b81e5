"""Flat files of anybody are read: line ends, wrapped values, and where their faults are."""

import gzip

import pytest
from flat_files import Assembly

from linnaea.base.errors import InputError
from linnaea.submission.embl import feature_text, plain_text, read_entries, sequence_text
from linnaea.submission.entries import Feature
from linnaea.submission.location import location_of


def read(folder, text):
    path = folder / "a.embl.gz"
    path.write_bytes(gzip.compress(text.encode()))
    return list(read_entries(path))


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_entries_are_read_as_they_were_made(tmp_path, ends):
    assembly = Assembly()
    text = "".join(entry.text() for entry in assembly.entries).replace("\n", ends)
    entries = read(tmp_path, text)
    assert [(e.name, e.letters.decode(), e.topology) for e in entries] == [
        (e.name, e.letters, e.topology) for e in assembly.entries
    ]
    for entry, made in zip(entries, assembly.entries, strict=True):
        assert [(f.key, str(f.location), f.qualifiers) for f in entry.features] == [
            (f.key, f.location, f.qualifiers) for f in made.features
        ]


def test_features_have_the_line_they_begin_in(tmp_path):
    text = "".join(entry.text() for entry in Assembly().entries)
    lines = text.splitlines()
    for entry in read(tmp_path, text):
        assert lines[entry.line - 1].startswith("ID ")
        for feature in entry.features:
            assert lines[feature.line - 1].startswith(f"FT   {feature.key} ")


@pytest.mark.parametrize("words", [["protein"] * 40, ["a-b", "c,d", "e/f", "(g)", "h=i"] * 12])
def test_long_values_and_locations_are_wrapped_and_read_back(tmp_path, words):
    parts = [(start, start + 50) for start in range(0, 5000, 100)]
    feature = Feature("CDS", location_of(parts, "-"), [("product", " ".join(words)), ("pseudo", None)])
    text = feature_text(feature)
    assert max(map(len, text.splitlines())) <= 80
    (entry,) = read(tmp_path, f"ID   x\nAC * _x\n{text}XX\nSQ   \n     {'a' * 60}        60\n//\n")
    (found,) = entry.features
    assert (found.key, found.location, found.qualifiers) == (
        feature.key,
        feature.location,
        feature.qualifiers,
    )


@pytest.mark.parametrize("size", [1, 10, 59, 60, 61, 119, 120, 2_400_001])
def test_sequence_lines(size):
    letters = (b"ACGTN" * (size // 5 + 1))[:size]
    head, *lines = b"".join(sequence_text(letters)).decode().splitlines()
    assert head == f"SQ   Sequence {size} BP;"
    assert {len(line) for line in lines} == {80}
    for number in {1, 2, len(lines) // 2, len(lines)} & set(range(1, len(lines) + 1)):
        row = letters[(number - 1) * 60 : number * 60].decode().lower()
        tens = " ".join(row[i : i + 10] for i in range(0, len(row), 10))
        assert lines[number - 1] == f"     {tens:<66}{min(number * 60, size):>9}"
    assert "".join("".join(line.split()[:-1]) for line in lines) == letters.decode().lower()


def test_values_are_ascii_without_quotes():
    assert plain_text('Ångström från Kråkö, Ærø, 5"-end\tx') == "Angstrom fran Krako, AEro, 5''-end x"


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (lambda text: text[:-40], "truncated"),
        (lambda text: "LOCUS\n" + text, "line 1: an entry starts with an ID line"),
    ],
)
def test_files_that_are_no_flat_files(tmp_path, cut, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, cut("".join(entry.text() for entry in Assembly().entries)))
