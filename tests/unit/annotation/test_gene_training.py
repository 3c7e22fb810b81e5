"""Training genes by their criteria, disjoint folds, AUGUSTUS trained and chosen, words when it cannot."""

from itertools import pairwise

import numpy as np
import pytest
from Bio import SeqIO
from simulated import genome_with_genes, models, recoded_genome

from linnaea.annotation import gene_training
from linnaea.annotation.augustus import adapt_codons, candidates_of, copy_config, own_code
from linnaea.annotation.gene_prediction import Chunk, predict
from linnaea.annotation.gene_training import (
    MIN_TRAINING,
    SWEEP,
    accuracy,
    choose,
    codon_usage,
    complete,
    folds,
    intron_support,
    non_redundant,
    score,
    train,
    training_sets,
    without,
    write_genbank,
)
from linnaea.annotation.hints import Hints
from linnaea.base.errors import InputError
from linnaea.formats.gene_models import (
    Transcript,
    coding_sequence,
    introns,
    overlap,
    reverse_complement,
    total_bp,
    translate,
)

pytestmark = pytest.mark.slow


def transcript(name, start, end, seqid="c", **facts):
    return Transcript(name, seqid, "+", [(start, end)], [(start, end)], attributes=facts)


# Which genes


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("letters", "code", "whole"),
    [
        (b"ATGGCTTAA", 1, True), (b"atggcttaa", 1, True), (b"ATGGCTGCT", 1, False), (b"GTGGCTTAA", 1, False),
        (b"ATGTAGTAA", 1, False), (b"ATGGCTTA", 1, False), (b"ATGGCNTAA", 1, False), (b"ATGGCTTGA", 4, False),
        (b"ATGTGATAA", 4, True), (b"TAA", 1, False),
    ],
)  # fmt: skip
def test_what_a_complete_gene_is(strand, letters, code, whole):
    sequence = b"CC" + (letters if strand == "+" else reverse_complement(letters)) + b"CC"
    part = [(2, 2 + len(letters))]
    assert complete(Transcript("t", "c", strand, part, part), sequence, code) == whole


def test_intron_support_counts_confirmed_introns():
    cds = [(0, 10), (50, 60), (100, 110), (200, 210)]
    model = Transcript("t", "c", "+", cds, cds)
    hints = Hints()
    hints.add("E", "intron", ("c", 10, 50, "+"), 2)
    hints.add("E", "intron", ("c", 60, 100, "+"), 1)  # one read is no confirmation
    hints.add("P", "intron", ("c", 60, 100, "+"), 1)  # nor the protein's own alignment
    hints.add("E", "intron", ("c", 110, 200, "-"), 9)  # nor another strand
    assert intron_support(model, hints.support("intron")) == pytest.approx(1 / 3)
    hints.add("P", "intron", ("c", 110, 200, "+"), 2)
    assert intron_support(model, hints.support("intron")) == pytest.approx(2 / 3)
    single = transcript("s", 0, 90)
    assert intron_support(single, {}) == 0
    assert intron_support(transcript("s", 0, 90, identity="0.9"), {}) == 1, "a protein confirms one exon"


def test_copies_and_overlaps_are_left_out():
    rng = np.random.default_rng(1)
    one, other, third = ("".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 100)) for _ in range(3))
    changed = one[:10] + "W" + one[11:]
    half = one[:30] + other[:70]
    listed = [
        (transcript("first", 0, 300), one), (transcript("copy", 1000, 1300), changed),
        (transcript("overlaps", 250, 500), other), (transcript("elsewhere", 250, 500, "d"), other),
        (transcript("third", 300, 600), third), (transcript("mixed", 5000, 5300), half),
        (transcript("tiny", 9000, 9012), "MKTA"),
    ]  # fmt: skip
    assert [model.id for model in non_redundant(listed)] == ["first", "elsewhere", "third"]
    turned = [model.id for model in non_redundant(listed[::-1])]
    assert "copy" in turned and "first" not in turned, "the earlier one wins"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A genome, and its genes as complete models with an identity, and hints for all their introns."""
    folder = tmp_path_factory.mktemp("training")
    fasta, annotation = genome_with_genes(folder, 72, seed=4, spacer=700, longest=1900)
    truth = [model for name, model in models(annotation).items() if name.endswith(".t1")]
    hints = Hints()
    for model in truth:
        model.exons = model.cds
        model.attributes = {"identity": "0.9", "coverage": "1.0"}
        hints.add_model("E", model, 5)
    return fasta, truth, hints


def with_facts(model, **facts):
    return Transcript(model.id, model.seqid, model.strand, model.cds, model.cds, attributes=facts)


def test_training_sets_ask_what_their_criteria_say(simulated):
    fasta, truth, hints = simulated
    good = {"identity": "0.9", "coverage": "0.95"}
    single = [model for model in truth if len(model.cds) == 1]
    spliced = [model for model in truth if len(model.cds) > 1]
    bare = next(model for model in spliced[10:] if len(model.cds) == 2)
    given = [
        with_facts(spliced[0], **good),
        with_facts(spliced[1], identity="0.69", coverage="0.95"),
        with_facts(spliced[2], identity="0.9", coverage="0.89"),
        with_facts(spliced[3], identity="0.49", coverage="0.7"),
        with_facts(spliced[4], identity="0.29", coverage="0.9"),
        with_facts(spliced[5], **good, partial="5"),
        with_facts(spliced[6], **good, frameshifts="1"),
        with_facts(bare, **good),
        with_facts(single[0], **good),
        with_facts(single[1]),
    ]
    some = hints.filtered(lambda source, kind, place, n: place[1] not in {end for _, end in bare.cds})
    sets = training_sets(given, some, fasta)
    assert list(sets) == [criteria.name for criteria in SWEEP] == ["strict", "medium", "lax"]
    names = {name: {model.id for model in found} for name, found in sets.items()}
    assert names["strict"] == {given[i].id for i in (0, 8)}
    assert names["medium"] == {given[i].id for i in (0, 1, 2, 8)}
    assert names["lax"] == {given[i].id for i in (0, 1, 2, 3, 7, 8, 9)}
    cut = Transcript("cut", "c1", spliced[9].strand, spliced[9].cds[1:], spliced[9].cds[1:], attributes=good)
    assert training_sets([cut], hints, fasta)["lax"] == [], "without a start or a stop"


def test_the_best_supported_come_first_whatever_the_order(simulated):
    fasta, truth, hints = simulated
    sets = training_sets(truth, hints, fasta)
    turned = training_sets(truth[::-1], hints, fasta)
    assert [model.id for model in sets["strict"]] == [model.id for model in turned["strict"]]
    counts = [min(len(model.cds), 4) for model in sets["strict"]]
    assert counts == sorted(counts, reverse=True)
    assert len(sets["lax"]) >= 0.8 * len(truth)


@pytest.mark.parametrize("number", [9, 150, 700])
def test_folds_share_nothing_and_miss_nothing(number):
    genes = [transcript(f"g{i}", 100 * i, 100 * i + 50) for i in range(number)]
    sets = {"strict": genes[: number // 3], "medium": genes[: number // 2], "lax": genes}
    parts = folds(sets)
    names = [model.id for part in parts for model in part]
    assert len(names) == len(set(names))
    source = next((found for found in sets.values() if len(found) >= 100), genes)
    assert len(parts) == 3 and set(names) == {model.id for model in source}
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert [[m.id for m in part] for part in folds(sets)] == [[m.id for m in part] for part in parts]
    for part in parts:
        rest = without(genes, part)
        assert {model.id for model in rest} == {model.id for model in genes} - {model.id for model in part}


def test_a_large_set_is_tested_on_a_fifth_of_it():
    genes = [transcript(f"g{i}", 100 * i, 100 * i + 50) for i in range(3000)]
    assert [len(part) for part in folds({"strict": genes[:700], "lax": genes})] == [140]
    assert [len(part) for part in folds({"strict": genes, "lax": genes})] == [200]


def test_genes_beside_test_genes_do_not_train():
    test = [transcript("t", 100, 200), transcript("u", 100, 200, "d")]
    genes = [
        transcript(f"{a}-{b}", a, b) for a, b in ((0, 100), (0, 101), (150, 160), (199, 300), (200, 300))
    ]
    assert [model.id for model in without(genes, test)] == ["0-100", "200-300"]


@pytest.mark.filterwarnings("ignore:Malformed LOCUS")  # AUGUSTUS's own dialect
def test_genbank_read_by_biopython_is_the_cds(simulated, tmp_path):
    fasta, truth, _ = simulated
    sequence = fasta.read_bytes().split(b"\n")[1]
    write_genbank(tmp_path / "genes.gb", truth, fasta)
    entries = list(SeqIO.parse(tmp_path / "genes.gb", "genbank"))
    named = {model.id: model for model in truth}
    assert len(entries) == len(truth) == len(named)
    spans = []
    for entry in entries:
        (feature,) = (one for one in entry.features if one.type == "CDS")
        model = named.pop(feature.qualifiers["gene"][0])
        cds = coding_sequence(model, sequence).decode()
        assert str(feature.extract(entry.seq)).upper() == cds
        assert feature.location.strand == 1 and len(feature.location.parts) == len(model.cds)
        low, high = map(int, entry.name.rsplit("_", 1)[1].split("-"))
        assert low <= model.start + 1 and high >= model.end and len(entry) == high - low + 1
        own = sequence[low - 1 : high]
        assert str(entry.seq).encode().upper() == (own if model.strand == "+" else reverse_complement(own))
        spans.append((low, high))
    assert all(one[1] < other[0] + 1 for one, other in pairwise(sorted(spans)))
    assert not named


# Training, testing, choosing


def row(*values):
    keys = [
        f"{level}_{what}_pct" for level in ("base", "exon", "gene") for what in ("sensitivity", "precision")
    ]
    return dict(zip(keys, values, strict=True))


def test_the_score_is_that_of_optimize_augustus():
    found = score([row(90, 80, 70, 60, 50, 40), row(70, 60, 50, 40, 30, 20)])
    assert found["score_pct"] == pytest.approx((3 * 80 + 2 * 70 + 4 * 60 + 3 * 50 + 2 * 40 + 30) / 15)
    assert found["base_f1_pct"] == pytest.approx(2 * 80 * 70 / 150)
    assert score([row(0, 0, 0, 0, 0, 0)])["base_f1_pct"] == 0


SAID = """
*******      Evaluation of gene prediction     *******

---------------------------------------------\\
                 | sensitivity | specificity |
---------------------------------------------|
nucleotide level |       0.951 |       0.902 |
---------------------------------------------/

----------------------------------------------------------------------------------------------------------\\
           |  #pred |  #anno |      |    FP = false pos. |    FN = false neg. |             |             |
           | total/ | total/ |   TP |--------------------|--------------------| sensitivity | specificity |
           | unique | unique |      | part | ovlp | wrng | part | ovlp | wrng |             |             |
----------------------------------------------------------------------------------------------------------|
           |        |        |      |                 51 |                 53 |             |             |
exon level |    169 |    171 |  118 | ------------------ | ------------------ |        0.69 |       0.698 |
           |    169 |    171 |      |   27 |    3 |   21 |   28 |    1 |   24 |             |             |
----------------------------------------------------------------------------------------------------------/

----------------------------------------------------------------------------\\
transcript | #pred | #anno |   TP |   FP |   FN | sensitivity | specificity |
----------------------------------------------------------------------------|
gene level |    41 |    40 |   11 |   30 |   29 |       0.275 |        -nan |
----------------------------------------------------------------------------/
"""


def test_accuracy_is_read_from_augustus(monkeypatch, tmp_path):
    monkeypatch.setattr(gene_training, "call", lambda command, config: SAID)
    found = accuracy(tmp_path, "x", tmp_path / "t.gb")
    assert found == pytest.approx(row(95.1, 90.2, 69.0, 69.8, 27.5, 0))
    monkeypatch.setattr(gene_training, "call", lambda command, config: "nothing to say")
    with pytest.raises(InputError, match="augustus printed no accuracy of x"):
        accuracy(tmp_path, "x", tmp_path / "t.gb")


def test_a_model_is_trained_chosen_and_predicts(simulated, tmp_path, monkeypatch):
    """On simulated genes, AUGUSTUS trained on them beats the yeast's model, and finds most of them."""
    fasta, truth, hints = simulated
    config = tmp_path / "config"
    record = choose(truth, hints, fasta, config, "auto", candidates=("saccharomyces", "no_such_species"))
    names = [found["name"] for found in record["candidates"]]
    assert set(names) == {"trained_strict", "saccharomyces"} and record["fallback"] is None
    assert record["chosen"] == names[0] == "trained_strict"
    assert record["reason"].startswith("trained_strict has the best score on")
    trained, shipped = record["candidates"]
    assert (trained["kind"], shipped["kind"]) == ("trained", "shipped")
    assert (
        trained["training_genes"] == len(training_sets(truth, hints, fasta)["strict"]) == record["test_genes"]
    )
    assert trained["score_pct"] > shipped["score_pct"] and 60 < trained["base_f1_pct"] < 100
    assert all(
        0 <= value <= 100 for found in record["candidates"] for key, value in found.items() if "pct" in key
    )
    assert sorted(path.name for path in (config / "species").iterdir()) == ["generic", "trained_strict"]
    assert not (config / "training").exists()
    parameters = (config / "species/trained_strict/trained_strict_parameters.cfg").read_text()
    sequence = fasta.read_bytes().split(b"\n")[1]
    stops = [coding_sequence(model, sequence)[-3:].decode() for model in truth]
    keys = ("amberprob", "ochreprob", "opalprob")
    said = {key: float(parameters.split(f"/Constant/{key}")[1].split()[0]) for key in keys}
    assert said["ochreprob"] == pytest.approx(stops.count("TAA") / len(stops), abs=0.05)
    assert sum(said.values()) == pytest.approx(1, abs=0.01)
    monkeypatch.chdir(tmp_path)
    end = truth[9].end + 300
    genes = predict(fasta, hints, config, "trained_strict", [[Chunk("c1", 0, end, 0, end)]])
    found = {tuple(model.cds) for gene in genes for model in gene.transcripts}
    assert sum(tuple(model.cds) in found for model in truth[:10]) >= 7


def test_too_few_genes_fall_back_with_a_sentence(simulated, tmp_path):
    fasta, truth, hints = simulated
    record = choose(truth[:5], hints, fasta, tmp_path / "a", "auto", candidates=("fly", "human"))
    assert record["chosen"] == "fly" and record["candidates"] == []
    assert (
        f"training genes were found, {MIN_TRAINING} are needed: the shipped model fly is used"
        in record["fallback"]
    )
    assert sorted(path.name for path in (tmp_path / "a/species").iterdir()) == ["fly", "generic"]
    few = choose(truth[:12], hints, fasta, tmp_path / "few", "auto", candidates=("fly", "human"))
    assert {row["name"] for row in few["candidates"]} == {"fly", "human"}
    assert few["chosen"] == few["candidates"][0]["name"]
    assert few["fallback"].endswith("60 are needed: only shipped models were compared")
    record = choose([], hints, fasta, tmp_path / "b", "train")
    assert record["chosen"] is None
    assert record["fallback"] == (
        "only 0 training genes were found, 60 are needed: genes come from evidence only; name a relative "
        "with --augustus_species"
    )


def test_a_named_model_is_taken_untested_and_an_unknown_one_refused(simulated, tmp_path):
    fasta, truth, hints = simulated
    record = choose(truth, hints, fasta, tmp_path / "a", "human")
    assert (record["chosen"], record["mode"], record["reason"]) == ("human", "human", "human was asked for")
    with pytest.raises(InputError, match="no species model 'unicorn'"):
        choose(truth, hints, fasta, tmp_path / "b", "unicorn")


# Other genetic codes


@pytest.fixture(scope="module")
def ciliate(tmp_path_factory):
    """Genes in code 6, where two of the three stops are glutamine: FASTA and the first transcript of each."""
    folder = tmp_path_factory.mktemp("code6")
    fasta, annotation = genome_with_genes(folder, 24, seed=8, spacer=800, longest=2500)
    truth = [model for name, model in models(annotation).items() if name.endswith(".t1")]
    return recoded_genome(fasta, annotation, 6), truth


def test_training_reads_codons_by_the_genetic_code(ciliate, tmp_path):
    """etraining leaves out genes with what it takes for stops in frame."""
    fasta, truth = ciliate
    config = copy_config(tmp_path / "config", [])
    write_genbank(tmp_path / "genes.gb", truth, fasta)
    train(config, "own", tmp_path / "genes.gb", 6)
    lines = (config / "species/own/own_exon_probs.pbl").read_text().split("\n")
    exons = lines[lines.index("# total number of exons of above types") + 1]
    assert sum(map(int, exons.split())) == sum(len(model.cds) for model in truth)


def test_shipped_models_are_fitted_to_the_genetic_code(ciliate, tmp_path):
    fasta, truth = ciliate
    config = copy_config(tmp_path / "config", ["tribolium2012", "fly", "tetrahymena"])
    known, others = truth[::2], truth[1::2]
    write_genbank(tmp_path / "test.gb", others, fasta)
    usage = codon_usage(known, fasta)
    assert usage.sum() == sum(total_bp(model.cds) // 3 - 2 for model in known)
    assert (own_code(config, "tetrahymena"), own_code(config, "fly")) == (6, 1)
    for name in ("tribolium2012", "fly", "tetrahymena"):
        table = config / "species" / name / f"{name}_exon_probs.pbl"
        shipped, before = table.read_text(), score([accuracy(config, name, tmp_path / "test.gb", 6)])
        adapt_codons(config, name, usage, 1 if name != "tetrahymena" else 6)
        assert table.read_text() == shipped
        adapt_codons(config, name, usage, 6)
        if name == "tetrahymena":
            assert table.read_text() == shipped
            continue
        assert len(table.read_text().split("\n")) == len(shipped.split("\n"))
        after = score([accuracy(config, name, tmp_path / "test.gb", 6)])
        assert after["score_pct"] > before["score_pct"] + 5
        assert after["base_f1_pct"] > before["base_f1_pct"]


def test_models_of_a_genetic_code_are_tried_with_it_alone():
    assert "tetrahymena" in candidates_of(6) and "candida_albicans" in candidates_of(12)
    assert not {"tetrahymena", "candida_albicans"} & set(candidates_of(1))


def test_a_named_model_is_fitted_to_the_genetic_code(ciliate, tmp_path):
    fasta, truth = ciliate
    written = []
    for code in (1, 6):
        choose(truth, Hints(), fasta, tmp_path / f"config{code}", "human", code)
        written.append((tmp_path / f"config{code}/species/human/human_exon_probs.pbl").read_bytes())
    assert written[0] != written[1]


def test_config_folders_can_be_written_twice(tmp_path):
    assert copy_config(tmp_path / "c", []) == copy_config(tmp_path / "c", [])


def test_the_simulation_serves_these_tests(simulated):
    fasta, truth, _ = simulated
    sequence = fasta.read_bytes().split(b"\n")[1]
    assert sum(len(introns(model.cds)) > 0 for model in truth) > 30
    assert {model.strand for model in truth} == {"+", "-"}
    assert all(translate(coding_sequence(model, sequence)).endswith("*") for model in truth)
    assert not any(overlap(one.cds, other.cds) for one, other in pairwise(truth))
