"""A given VCF is known by its own counts: files filtered in known ways, and histories that look odd but are
not filtered."""

import io

import msprime
import numpy as np
import pytest

from linnaea.base.errors import InputError
from linnaea.population.vcf_reader import read_blocks
from linnaea.population.vcf_survey import VcfSurvey, neutral_share_below

SIZE, SAMPLES = 400_000, 20
RATE = 5e-8


def demography(history: str) -> msprime.Demography:
    if history == "structure":
        split = msprime.Demography()
        for name in ("A", "B", "C"):
            split.add_population(name=name, initial_size=6_000)
        split.add_population_split(time=15_000, derived=["A", "B"], ancestral="C")
        return split
    single = msprime.Demography()
    single.add_population(name="A", initial_size={"bottleneck": 1000, "growth": 60_000}.get(history, 15_000))
    if history == "bottleneck":
        single.add_population_parameters_change(time=600, initial_size=20_000)
    if history == "growth":
        single.add_population_parameters_change(time=2000, initial_size=10_000)
    return single


def simulated(history: str, samples: int = SAMPLES, rate: float = RATE) -> tuple[np.ndarray, np.ndarray]:
    """Genotypes (v, m, 2) and 1-based positions; `selfing` has both copies of a sample alike."""
    sets = {"A": samples // 2, "B": samples // 2} if history == "structure" else {"A": samples}
    trees = msprime.sim_ancestry(
        sets, demography=demography(history), sequence_length=SIZE, recombination_rate=2e-8, random_seed=3
    )
    trees = msprime.sim_mutations(trees, rate=rate, model=msprime.JC69(), random_seed=4)
    genotypes = trees.genotype_matrix().reshape(trees.num_sites, samples, 2).astype(np.int8)
    if history == "selfing":
        genotypes[..., 1] = genotypes[..., 0]
    return genotypes, trees.sites_position.astype(np.int64) + 1


def vcf(
    genotypes: np.ndarray, position: np.ndarray, invariant: np.ndarray | None = None, status: str = "PASS"
) -> bytes:
    """A VCF of these SNVs, and with `invariant` (k, m) bool of sites between them, True where missing."""
    lines = ["##fileformat=VCFv4.2", f"##contig=<ID=c,length={SIZE}>"]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="G">']
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t")
    lines[-1] += "\t".join(f"s{number}" for number in range(genotypes.shape[1]))
    rows = []
    for place, calls in zip(position.tolist(), genotypes.tolist(), strict=True):
        alternates = ",".join("CGT"[: max(1, max(max(pair) for pair in calls))])
        texts = ["/".join("." if allele < 0 else str(allele) for allele in pair) for pair in calls]
        rows.append((place, f"c\t{place}\t.\tA\t{alternates}\t50\tPASS\t.\tGT\t" + "\t".join(texts)))
    if invariant is not None:
        free = np.setdiff1d(np.arange(1, SIZE + 1), position)[: len(invariant)]
        for place, missing in zip(free.tolist(), invariant.tolist(), strict=True):
            texts = ["./." if gone else "0/0" for gone in missing]
            rows.append((place, f"c\t{place}\t.\tA\t.\t50\t{status}\t.\tGT\t" + "\t".join(texts)))
    return ("\n".join([*lines, *(row for _, row in sorted(rows))]) + "\n").encode()


def survey(text: bytes) -> VcfSurvey:
    header, blocks = read_blocks(io.BytesIO(text), ("GT", "DP", "AD", "FT"), keep_lines=True)
    result = VcfSurvey(header)
    for block in blocks:
        result.add(block)
    return result


def signs(text: bytes, kind: str = "variants") -> list[str]:
    return [sign["sign"] for sign in survey(text).signs(kind)]


def with_missing(genotypes: np.ndarray, share: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(6)
    # sites differ in how many genotypes they lack, as they do in real data
    gone = rng.random(genotypes.shape[:2]) < rng.beta(0.7, 0.7 * (1 - share) / share, (len(genotypes), 1))
    return np.where(gone[..., None], np.int8(-1), genotypes)


@pytest.mark.parametrize("history", ["constant", "bottleneck", "growth", "structure", "selfing"])
def test_whole_files_show_no_sign(history: str) -> None:
    genotypes, position = simulated(history)
    assert len(position) > 1500
    assert signs(vcf(genotypes, position)) == []
    assert signs(vcf(with_missing(genotypes), position)) == []


def minor_counts(genotypes: np.ndarray) -> np.ndarray:
    alternate = (genotypes > 0).sum((1, 2))
    return np.minimum(alternate, (genotypes >= 0).sum((1, 2)) - alternate)


@pytest.mark.parametrize(
    ("history", "limit"),
    [("constant", 0.03), ("constant", 0.05), ("constant", 0.1), ("structure", 0.1), ("selfing", 0.1)],
)
def test_a_filter_on_allele_frequency(history: str, limit: float) -> None:
    genotypes, position = simulated(history)
    kept = minor_counts(genotypes) >= limit * 2 * SAMPLES
    found = survey(vcf(genotypes[kept], position[kept])).signs("variants")
    (sign,) = [sign for sign in found if sign["sign"] == "minor_allele_frequency"]
    # of 40 chromosomes, no allele can be between 2.5 and 5 %
    assert f"rarer than {max(100 * limit, 5):g} %" in sign["sentence"]


def test_singletons_removed() -> None:
    genotypes, position = simulated("constant")
    kept = minor_counts(genotypes) > 1
    assert signs(vcf(genotypes[kept], position[kept])) == ["minor_allele_frequency"]
    # of few samples, a singleton is no rare allele
    genotypes, position = simulated("constant", 5)
    kept = minor_counts(genotypes) > 1
    assert "no_singletons" in signs(
        vcf(genotypes[kept], position[kept])
    ) or "minor_allele_frequency" in signs(vcf(genotypes[kept], position[kept]))
    assert signs(vcf(genotypes, position)) == []


def test_imputed_and_phased_genotypes() -> None:
    genotypes, position = simulated("constant")
    text = vcf(genotypes, position)
    assert survey(text).phased == 0
    phased = text.replace(b"/", b"|")
    assert survey(phased).phased == len(position)
    assert signs(phased) == []
    head, rows = text.split(b"s19\n")
    lines = [row.replace(b"\tGT\t", b"\tGT:DS\t") for row in rows.splitlines()]
    dosages = head + b"s19\n" + b"\n".join(row[:-3] + row[-3:] + b":0.9" for row in lines) + b"\n"
    assert signs(dosages) == ["imputed"]
    # dosages beside missing genotypes are of a caller
    gone = dosages.replace(b"\t0/0\t", b"\t./.\t", 1)
    assert signs(gone) == []


def test_biallelic_sites_alone() -> None:
    genotypes, position = simulated("constant", rate=1.5e-7)
    many = survey(vcf(genotypes, position))
    assert many.single**2 / (4 * many.span) == pytest.approx(many.multiallelic, rel=0.5)
    kept = genotypes.max((1, 2)) < 2
    assert signs(vcf(genotypes[kept], position[kept])) == ["biallelic_only"]


def test_thinned_and_pruned_files() -> None:
    genotypes, position = simulated("constant")
    kept, last = [], -1000
    for row, place in enumerate(position.tolist()):
        if place - last >= 200:
            kept.append(row)
            last = place
    assert "thinned" in signs(vcf(genotypes[kept], position[kept]))
    # r2 with any kept site of the last 20 kb below 0.2
    dosage = genotypes.clip(0, 1).sum(2).astype(float)
    kept = []
    for row in range(len(position)):
        near = [other for other in kept[-60:] if position[row] - position[other] < 20_000]
        x = dosage[row] - dosage[row].mean()
        y = dosage[near] - dosage[near].mean(1, keepdims=True) if near else np.zeros((0, SAMPLES))
        if not near or ((y @ x) ** 2 / ((x @ x) * (y * y).sum(1) + 1e-9)).max() < 0.2:
            kept.append(row)
    genotypes, position = genotypes[kept], position[kept]
    common = minor_counts(genotypes) >= 4
    found = signs(vcf(genotypes[common], position[common]))
    assert "unlinked" in found or common.sum() < 250


def test_sites_filtered_by_missing_genotypes() -> None:
    genotypes, position = simulated("constant")
    genotypes = with_missing(genotypes, 0.2)
    kept = (genotypes[..., 0] < 0).sum(1) <= 4
    found = survey(vcf(genotypes[kept], position[kept])).signs("variants")
    (sign,) = [sign for sign in found if sign["sign"] == "missingness"]
    assert "no SNV lacks more than 4 of 20 genotypes" in sign["sentence"]


def test_sites_without_a_variant_that_went_another_way() -> None:
    genotypes, position = simulated("constant")
    rng = np.random.default_rng(2)
    few = rng.random((20_000, SAMPLES)) < 0.02
    same = with_missing(genotypes, 0.02)
    assert signs(vcf(same, position, few), "all-sites") == []
    assert signs(vcf(with_missing(genotypes, 0.2), position, few), "all-sites") == ["missing_at_variants"]
    assert signs(vcf(same, position, few, "LowQual"), "all-sites") == ["filter_of_kinds"]
    assert signs(vcf(same, position, few[:600]), "all-sites") == ["few_invariant_sites"]


def test_files_of_which_nothing_can_be_used() -> None:
    genotypes, position = simulated("bottleneck")
    failing = vcf(genotypes, position).replace(b"\tPASS\t", b"\tq10\t")
    with pytest.raises(
        InputError, match=r"x\.vcf: none of the [0-9]+ rows checked passes its FILTER \(q10\)"
    ):
        survey(failing).refuse_unusable("x.vcf")
    missing = vcf(np.full_like(genotypes[:50], -1), position[:50])
    with pytest.raises(InputError, match="no genotypes in the 50 rows"):
        survey(missing).refuse_unusable("x.vcf")


def test_neutral_spectrum_is_that_of_msprime() -> None:
    genotypes, _ = simulated("constant")
    minor = minor_counts(genotypes[genotypes.max((1, 2)) < 2])
    for limit in (0.03, 0.1, 0.2):
        seen = np.mean(minor[minor > 0] < limit * 2 * SAMPLES)
        assert seen == pytest.approx(neutral_share_below(2 * SAMPLES, limit), rel=0.15)
