"""The table of samples: groups, order, and what is refused."""

from pathlib import Path

import pytest

from linnaea.base.errors import InputError
from linnaea.population.samples import groups, outgroup, read_samples, write_samples

TABLE = """\
sample group population age_class udg sex latitude longitude outgroup route library_type
s2 south south modern none female 59.8 17.6 no calls single
h1 . south historical none male . . no likelihoods single
o1 out out modern . unknown . . yes calls paired
n1 north north modern none male -1.5 170 no calls paired
""".replace(" ", "\t")


def test_table(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text(TABLE.replace("h1\t.\t", "h1\t\t"))
    samples = read_samples(path)
    assert [sample.sample for sample in samples] == ["h1", "n1", "o1", "s2"]
    assert groups(reversed(samples)) == {"north": ["n1"], "south": ["s2"], "south.historical": ["h1"]}
    assert outgroup(samples) == ["o1"]
    assert (samples[1].latitude, samples[1].longitude) == (-1.5, 170)
    assert samples[0].latitude is None
    assert samples[0].historical


def test_samples_without_population_are_one_group(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text("sample\tpopulation\nb\t.\na\t.\n")
    assert groups(read_samples(path)) == {"all": ["a", "b"]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "no sample in the table"),
        ("name\tsex\na\tmale\n", "no column sample"),
        ("sample\tsex\n", "no sample in the table"),
        ("sample\tsex\na\tmale\na\tmale\n", "sample a has two rows"),
        ("sample\tsex\na\tm\n", "sample a: sex is 'm'; use male or female or unknown"),
        ("sample\tsex\na\n", "line 2: 1 values for 2 columns"),
        ("sample\tsex\n\tmale\n", "a sample has no name"),
        ("sample\tlatitude\na\t95\n", "sample a: latitude is '95'"),
        ("sample\tlongitude\na\tnorth\n", "sample a: longitude is 'north'"),
        ("sample\tlongitude\na\tnan\n", "sample a: longitude is 'nan'"),
    ],
)
def test_faults(rows: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text(rows)
    with pytest.raises(InputError, match=message):
        read_samples(path)


def test_written_samples_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text(
        "sample\tpopulation\tlatitude\tlongitude\toutgroup\na\tnorth\t1.0\t0.0\tno\nb\t.\t.\t.\tyes\n"
    )
    samples = read_samples(path)
    write_samples(tmp_path / "again.tsv", samples)
    assert read_samples(tmp_path / "again.tsv") == samples
    assert [samples[0].latitude, samples[0].longitude] == [1.0, 0.0]
