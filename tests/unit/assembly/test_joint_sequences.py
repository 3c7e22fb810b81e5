"""Sequences of haplotypes in one FASTA: names, order, letters."""

import gzip

import pysam
import pytest

from linnaea.assembly.joint_sequences import (
    homologue_name,
    join_sequences,
    joint_name,
    read_joint_sequences,
)
from linnaea.base.errors import InputError


@pytest.mark.parametrize(
    ("name", "haplotype", "joint", "homologue"),
    [
        ("SUPER_1_hap2", "hap2", "SUPER_1_hap2", "SUPER_1"),
        ("hap2_scaffold_3", "hap2", "hap2_scaffold_3", "scaffold_3"),
        ("SUPER_1_unloc_2_hap1", "hap1", "SUPER_1_unloc_2_hap1", "SUPER_1_unloc_2"),
        ("HAP1_SCAFFOLD_3", "hap1", "HAP1_SCAFFOLD_3", "SCAFFOLD_3"),
        ("ptg000001l", "hap1", "ptg000001l_hap1", "ptg000001l"),
        ("scaffold_1_hap21", "hap2", "scaffold_1_hap21_hap2", "scaffold_1_hap21"),
    ],
)
def test_a_name_tells_the_haplotype_once(name, haplotype, joint, homologue):
    assert joint_name(name, haplotype) == joint
    assert homologue_name(name, haplotype) == homologue


def write(path, records, compress=False):
    text = "".join(f">{name} x\n{letters}\n" for name, letters in records.items()).encode()
    path.write_bytes(gzip.compress(text) if compress else text)
    return str(path)


def joined(tmp_path, **haplotypes):
    given = {
        name: write(tmp_path / f"{name}.fa", records, name == "hap2") for name, records in haplotypes.items()
    }
    fasta, table = tmp_path / "all.fasta.gz", tmp_path / "map_names.tsv"
    entries = join_sequences(given, fasta, table)
    assert read_joint_sequences(table) == entries
    with pysam.FastaFile(str(fasta)) as file:
        assert list(file.references) == [entry.name for entry in entries]
        for entry in entries:
            assert file.fetch(entry.name) == haplotypes[entry.haplotype][entry.original_name]
    return [entry.name for entry in entries]


def test_homologues_stand_together_the_longest_first(tmp_path):
    hap1 = {"SUPER_1_hap1": "A" * 300, "SUPER_2_hap1": "C" * 161, "hap1_scaffold_1": "G" * 10}
    hap2 = {"SUPER_2_hap2": "T" * 400, "SUPER_1_hap2": "ACGt" * 50, "new": "N" * 12}
    assert joined(tmp_path, hap1=hap1, hap2=hap2) == [
        "SUPER_2_hap1", "SUPER_2_hap2", "SUPER_1_hap1", "SUPER_1_hap2", "new_hap2", "hap1_scaffold_1",
    ]  # fmt: skip


def test_names_of_one_haplotype_stay(tmp_path):
    assert joined(tmp_path, primary={"b": "ACGT", "a": "ACGTA" * 40}) == ["a", "b"]


def test_names_that_only_seem_to_have_the_haplotype(tmp_path):
    """SUPER_1 of the haplotype 1 is not "SUPER of haplotype 1"."""
    names = joined(tmp_path, **{"1": {"S_1": "ACG", "S_2": "AC"}, "2": {"S_1": "ACG", "S_2": "AC"}})
    assert sorted(names) == ["S_1_1", "S_1_2", "S_2_1", "S_2_2"]


def test_a_name_twice_in_a_haplotype_is_refused(tmp_path):
    (tmp_path / "x.fa").write_text(">a\nACGT\n>a\nACGT\n")
    with pytest.raises(InputError, match=r"x\.fa: the name a occurs twice"):
        join_sequences({"hap1": str(tmp_path / "x.fa")}, tmp_path / "o.fasta.gz", tmp_path / "t.tsv")
