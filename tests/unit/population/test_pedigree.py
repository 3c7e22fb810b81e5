import csv
import json

import msprime
import numpy as np
import pytest
from population_data import site_block, write_vcf

import kinship
from linnaea.base.errors import InputError
from linnaea.population.pedigree import (
    Parents,
    compare_pedigree,
    expected_kinship,
    read_pedigree,
    recorded,
    sexes_of_parents,
)

FAMILY = "sample\tsire\tdam\nc1\tf\tm\nc2\tf\tm\nh\tf\tn\nk\tc1\tx\nf\t.\t.\nm\t0\tNA\nn\t\t\n"


def written(tmp_path, text):
    path = tmp_path / "p.txt"
    path.write_text(text)
    return path


def test_kinship_by_descent():
    pedigree = {
        "a": Parents(None, None), "b": Parents(None, None), "c": Parents("a", "b"), "d": Parents("a", "b"),
        "e": Parents("c", "d"), "h": Parents("a", "o"), "k": Parents("c", None),
    }  # fmt: skip
    names = ["e", "d", "c", "b", "a", "h", "k"]
    found = expected_kinship(pedigree, names)
    at = {name: place for place, name in enumerate(names)}
    for one, two, value in (
        ("a", "b", 0), ("a", "c", 1 / 4), ("c", "d", 1 / 4), ("e", "c", 3 / 8), ("e", "e", 5 / 8),
        ("h", "c", 1 / 8), ("k", "d", 1 / 8), ("k", "a", 1 / 8), ("k", "h", 1 / 16), ("k", "k", 1 / 2),
    ):  # fmt: skip
        assert found[at[one], at[two]] == value == found[at[two], at[one]]


@pytest.mark.parametrize(
    "text",
    [
        FAMILY,
        FAMILY.replace("\t", ","),
        FAMILY.replace("\t", ";").replace("\n", "\r\n"),
        "# a comment\n" + FAMILY.replace("sample\tsire\tdam", "#IID\tPAT\tMAT"),
        "Mother Individual Father\nm c1 f\nm c2 f\nn h f\nx k c1\n. f .\n. m .\n. n .\n",
        "F1 c1 f m 1 -9\nF1 c2 f m 2 -9\nF1 h f n 1 -9\nF1 k c1 x 1 -9\n"
        "F1 f 0 0 1 -9\nF1 m 0 0 2 -9\nF1 n 0 0 2 -9\n",
    ],
)
def test_dialects_of_a_pedigree(tmp_path, text):
    pedigree = read_pedigree(written(tmp_path, text))
    assert pedigree == {
        "c1": ("f", "m"), "c2": ("f", "m"), "h": ("f", "n"), "k": ("c1", "x"),
        "f": (None, None), "m": (None, None), "n": (None, None),
    }  # fmt: skip
    pairs = {
        ("c1", "f"): "parent_offspring",
        ("c1", "c2"): "full_sib",
        ("c1", "h"): "half_sib",
        ("c2", "k"): ".",
    }
    assert {pair: recorded(pedigree, *pair) for pair in pairs} == pairs
    assert sexes_of_parents(pedigree) == {
        "f": "male",
        "c1": "male",
        "m": "female",
        "n": "female",
        "x": "female",
    }


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "it has no individuals"),
        ("a b c\n", "line 1: no column sample, sire, dam; give a header"),
        ("sample\tsire\n", "line 1: no column dam"),
        ("sample\tsire\tdam\na\tb\n", "line 2: 2 columns are too few"),
        ("sample\tsire\tdam\na\tb\tc\na\t.\t.\nd\td\tc\ne\tf\tf\n\t.\tq\n",
         "line 3: a occurs twice; keep one row, line 4: d is its own parent, line 5: f is both parents of e, "
         "line 6: the individual has no name"),
        ("sample\tsire\tdam\na\tb\tc\nd\tc\tb\n", "b is a sire and a dam, c is a sire and a dam"),
        ("sample\tsire\tdam\na\tb\t.\nb\ta\t.\nc\t.\t.\n", "a, b: own ancestors"),
    ],
)  # fmt: skip
def test_all_faults_of_a_pedigree_are_named(tmp_path, text, says):
    with pytest.raises(InputError) as error:
        read_pedigree(written(tmp_path, text))
    assert says in str(error.value)


def family(seed):
    """Genotypes of f, m, n, their children c1 c2 (f, m) and h (f, n), and of four unrelated; 20 Morgans."""
    names = ["f", "m", "n", "u1", "u2", "u3", "u4", "c1", "c2", "h"]
    builder = msprime.PedigreeBuilder()
    ids = [builder.add_individual(time=1) for _ in names[:7]]
    ids += [
        builder.add_individual(time=0, parents=[ids[0], ids[mother]], is_sample=True) for mother in (1, 1, 2)
    ]
    tables = builder.finalise(sequence_length=4e7)
    for individual in ids[:7]:
        for node in np.flatnonzero(tables.nodes.individual == individual):
            row = tables.nodes[node]
            tables.nodes[node] = row.replace(flags=1)
    ts = msprime.sim_ancestry(
        initial_state=tables, model="fixed_pedigree", recombination_rate=5e-7, random_seed=seed
    )
    ts = msprime.sim_ancestry(
        initial_state=ts, population_size=2000, model="hudson", recombination_rate=5e-9, random_seed=seed
    )
    ts = msprime.sim_mutations(ts, rate=3e-9, model=msprime.BinaryMutationModel(), random_seed=seed)
    order = {node: column for column, node in enumerate(ts.samples())}
    columns = [[order[node] for node in ts.individual(individual).nodes] for individual in ids]
    return names, ts.genotype_matrix()[:, columns].astype(np.int8), ts.sites_position.astype(int) + 1


def compared(tmp_path, pedigree):
    names, genotypes, position = family(3)
    write_vcf(tmp_path / "v.vcf", names, [site_block(genotypes, position, "1")], {"1": 40_000_000})
    (tmp_path / "s.tsv").write_text("sample\tpopulation\n" + "".join(f"{name}\ta\n" for name in names))
    (tmp_path / "p.tsv").write_text(pedigree)
    options = ["--vcf", "v.vcf", "--samples", "s.tsv", "--table", "k.tsv", "--out", "k.json"]
    options += ["--pedigree", "p.tsv", "--pedigree-table", "q.tsv"]
    kinship.main([str(tmp_path / word) if "." in word else word for word in options])
    with (tmp_path / "q.tsv").open() as handle:
        rows = {(row["sample_1"], row["sample_2"]): row for row in csv.DictReader(handle, delimiter="\t")}
    return rows, json.loads((tmp_path / "k.json").read_text())["pedigree"]


def test_a_true_pedigree_agrees(tmp_path):
    rows, record = compared(
        tmp_path, "sample\tsire\tdam\nc1\tf\tm\nc2\tf\tm\nh\tf\tn\nf\t.\t.\nm\t.\t.\nn\t.\t.\nu1\t.\t.\n"
    )
    assert record == {"agrees": 9} and len(rows) == 9
    assert rows["c1", "f"]["recorded"] == "parent_offspring" and rows["c1", "h"]["recorded"] == "half_sib"
    assert {key for key, row in rows.items() if row["expected_kinship"] == "0.125"} == {
        ("c1", "h"),
        ("c2", "h"),
    }


def test_a_wrong_parent_and_an_unknown_kinship_are_seen(tmp_path):
    # c2 has u1 for its sire, and nothing is said of h
    rows, record = compared(
        tmp_path, "sample\tsire\tdam\nc1\tf\tm\nc2\tu1\tm\nh\t.\t.\nf\t.\t.\nm\t.\t.\nn\t.\t.\nu1\t.\t.\n"
    )
    verdicts = {key: row["verdict"] for key, row in rows.items()}
    assert verdicts["c2", "u1"] == "differs"
    assert verdicts["c1", "c2"] == "differs"  # full siblings, recorded as half siblings
    assert verdicts["c2", "f"] == verdicts["f", "h"] == verdicts["h", "n"] == "not in the pedigree"
    assert verdicts["c1", "f"] == verdicts["c1", "m"] == verdicts["c2", "m"] == "agrees"
    assert next(iter(rows.values()))["verdict"] == "differs"
    assert record["differs"] == 2


def test_full_siblings_are_no_parent_and_offspring():
    row = dict.fromkeys(("kinship_sharing", "kinship_sharing_standard_error", "inbreeding_1", "inbreeding_2"))
    row |= {
        "sample_1": "a",
        "sample_2": "b",
        "kinship_king_robust": 0.25,
        "kinship_king_standard_error": 0.01,
    }
    pedigree = {"a": Parents("b", None), "b": Parents(None, None)}
    for relation, verdict in (("full_sib", "differs"), ("parent_offspring", "agrees"), ("undetermined",) * 2):
        assert compare_pedigree(pedigree, [row | {"relation": relation}], 0.06)[0][-1] == verdict
    # KING is low of an inbred pair, so allele sharing decides
    inbred = row | {"relation": "first_degree", "kinship_king_robust": 0.05, "kinship_sharing": 0.24,
                    "inbreeding_1": 0.2}  # fmt: skip
    assert compare_pedigree(pedigree, [inbred], 0.06)[0][-3:] == ("kinship_sharing", "first_degree", "agrees")
