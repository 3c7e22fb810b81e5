"""What all statistics of samples share: the tables do not depend on the order of samples in the VCF or the
table.
"""

import numpy as np
import pytest
from population_data import site_block, write_vcf

import distance_tree
import effective_size
import f_statistics
import kinship
import ld_decay
import pca
import temporal_contrast
from linnaea.base.errors import InputError
from linnaea.population.compartments import read_compartments
from linnaea.population.genotypes import open_genotypes

NAMES = [f"s{number:02}" for number in range(26)]
SCRIPTS = {
    kinship: ["--table"],
    pca: ["--pca", "--eigenvalues", "--plink"],
    distance_tree: ["--distances", "--tree"],
    ld_decay: ["--table"],
    effective_size: ["--table"],
    temporal_contrast: ["--temporal", "--contrast"],
    f_statistics: ["--table", "--residuals", "--tree"],
}


def write_input(folder, order, sites=400):
    """Genotypes of two groups, one with historical samples, and an outgroup, samples in the given order."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    blocks = []
    for chromosome in ("1", "2|x", "X"):
        frequency = rng.beta(0.5, 0.5, (sites, 1, 1)) * np.ones((1, 26, 1))
        frequency[:, :12] = np.clip(frequency[:, :12] + rng.normal(0, 0.2, (sites, 1, 1)), 0, 1)
        genotypes = (rng.random((sites, 26, 2)) < frequency).astype(np.int8)
        genotypes[rng.random((sites, 26)) < 0.05] = -1
        alleles = np.stack(
            [np.zeros(sites), rng.integers(1, 4, sites), np.full(sites, 4), np.full(sites, 4)], axis=1
        )
        blocks.append(site_block(genotypes[:, order], np.arange(sites) * 700 + 1, chromosome, alleles))
    write_vcf(
        folder / "a.vcf", [NAMES[place] for place in order], blocks, {"1": 10**6, "2|x": 10**6, "X": 10**6}
    )
    rows = []
    for number, name in enumerate(NAMES):
        population = "north" if number < 12 else "south"
        age = "historical" if number in (0, 1) else "modern"
        rows.append(f"{name}\t{population}\t{age}\t{'yes' if number == 25 else 'no'}\n")
    text = "".join(rows[place] for place in reversed(order))
    (folder / "s.tsv").write_text("sample\tpopulation\tage_class\toutgroup\n" + text)
    (folder / "c.tsv").write_text("X\tX\n")


def outputs(folder, module):
    options = ["--vcf", str(folder / "a.vcf"), "--samples", str(folder / "s.tsv")]
    options += ["--compartments", str(folder / "c.tsv"), "--out", str(folder / "r.json")]
    for name in SCRIPTS[module]:
        options += [name, str(folder / name.strip("-"))]
    module.main(options)
    kept = {"a.vcf", "s.tsv", "c.tsv"}
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in kept}


@pytest.mark.parametrize("module", SCRIPTS, ids=lambda module: module.__name__)
def test_order_of_samples_does_not_matter(tmp_path, module):
    shuffled = np.random.default_rng(5).permutation(26).tolist()
    write_input(tmp_path / "one", list(range(26)))
    write_input(tmp_path / "two", shuffled)
    first, second = outputs(tmp_path / "one", module), outputs(tmp_path / "two", module)
    assert first == second
    assert all(content for content in first.values())


@pytest.mark.parametrize("module", SCRIPTS, ids=lambda module: module.__name__)
@pytest.mark.parametrize("case", ["no_variant", "one_sample"])
def test_no_variant_and_one_sample_still_give_tables(tmp_path, module, case):
    write_input(tmp_path / "a", list(range(26)), 1 if case == "no_variant" else 50)
    if case == "no_variant":
        text = (tmp_path / "a" / "a.vcf").read_text().splitlines(keepends=True)
        (tmp_path / "a" / "a.vcf").write_text("".join(line for line in text if line.startswith("#")))
    else:
        (tmp_path / "a" / "s.tsv").write_text("sample\ns03\n")
    written = outputs(tmp_path / "a", module)
    assert set(written) >= {"r.json", *(name.strip("-") for name in SCRIPTS[module] if name != "--plink")}


def test_outgroup_and_other_compartments_are_left_out(tmp_path):
    write_input(tmp_path / "a", list(range(25, -1, -1)))
    folder = tmp_path / "a"
    genotypes = open_genotypes(folder / "a.vcf", folder / "s.tsv", folder / "c.tsv")
    assert genotypes.names == NAMES[:25]
    assert {sites.chromosome for sites in genotypes.stream} == {"1", "2|x"}
    assert open_genotypes(folder / "a.vcf", folder / "s.tsv", outgroup=True).names == NAMES
    (folder / "s.tsv").write_text("sample\nnobody\n")
    with pytest.raises(InputError, match=r"none of its samples is in .*s\.tsv"):
        open_genotypes(folder / "a.vcf", folder / "s.tsv")


def test_compartments_are_checked(tmp_path):
    (tmp_path / "c.tsv").write_text("chromosome\tkind\nchrX\tX\nm.1\tmito\n")
    assert read_compartments(tmp_path / "c.tsv") == {"chrX": "X", "m.1": "mito"}
    assert read_compartments(None) == {}
    (tmp_path / "c.tsv").write_text("chrX\tsex\n")
    with pytest.raises(InputError, match=r"c\.tsv, line 1: unknown kind 'sex' of sequence chrX; known are X"):
        read_compartments(tmp_path / "c.tsv")
