"""One gene set from many: what becomes a gene, an isoform, a pseudogene candidate, and what is refused."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated import genome_with_genes, models, recoded_genome

from linnaea.annotation.gene_combination import (
    MAX_ISOFORMS,
    Combination,
    Cover,
    GeneEvidence,
    Judge,
    _add_chains,
    _loci,
    combine,
    frames,
    name_genes,
    shared_in_frame,
)
from linnaea.annotation.hints import Hints
from linnaea.annotation.orfs import add_orf, to_genome
from linnaea.formats.gene_models import (
    Gene,
    Transcript,
    coding_sequence,
    introns,
    overlap,
    protein,
    total_bp,
    translate,
)
from linnaea.formats.gff3 import read_genes, write_genes


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("combination")
    fasta, annotation = genome_with_genes(folder, 24, seed=6, spacer=1500)
    return fasta, models(annotation)


def changed(model, name=None, source="augustus", cds=None, exons=None, score=None, **facts):
    cds = list(model.cds) if cds is None else cds
    exons = list(cds) if exons is None else exons
    ident = name or model.id
    return Transcript(ident, model.seqid, model.strand, exons, cds, 0, "mRNA", source, score, facts)


def gene(*listed, name=None):
    first = listed[0]
    return Gene(name or f"{first.id}.g", first.seqid, first.strand, list(listed))


def run(fasta, predictions=(), transcripts=(), proteins=(), lifted=(), hints=None, repeats=None, code=1):
    sets = (deepcopy(list(given)) for given in (predictions, transcripts, proteins, lifted))
    return combine(fasta, *sets, hints or Hints(), repeats or {}, code)


def aligned(model, **facts):
    """A faultless protein alignment of a model."""
    whole = {"protein": "P1", "identity": "0.9", "coverage": "1.000", "stops": "0", "frameshifts": "0"}
    return changed(model, f"p.{model.id}", "protein", **{**whole, "noncanonical": "0", **facts})


def supporting(*listed, source="E"):
    hints = Hints()
    for model in listed:
        hints.add_model(source, model, 5)
    return hints


def chosen(truth, spliced=True, number=0, smallest=400):
    """Known genes, with or without introns in their CDS, of a length that needs no support."""
    fit = [
        model
        for name, model in truth.items()
        if name.endswith(".t1") and (len(model.cds) > 2) == spliced and total_bp(model.cds) >= smallest
    ]
    return fit[number]


def cds_of(result):
    return sorted(tuple(model.cds) for one in result.genes for model in one.transcripts)


# The parts


def test_cover_gives_the_share_of_bases():
    rng = np.random.default_rng(1)
    for _ in range(200):
        edges = np.sort(rng.choice(300, 12, replace=False)).tolist()
        parts = list(zip(edges[::2], edges[1::2], strict=True))
        other = np.sort(rng.choice(300, 6, replace=False)).tolist()
        wanted = list(zip(other[::2], other[1::2], strict=True))
        assert Cover(parts).share(wanted) == pytest.approx(overlap(parts, wanted) / total_bp(wanted))
    assert Cover([]).share([(1, 2)]) == 0 and Cover([(1, 2)]).share([]) == 0


@pytest.mark.parametrize("strand", ["+", "-"])
def test_frames_against_codons_counted_one_by_one(strand):
    rng = np.random.default_rng(3)

    def random_model(phase):
        edges = np.sort(rng.choice(90, 6, replace=False)).tolist()
        cds = list(zip(edges[::2], edges[1::2], strict=True))
        return Transcript("t", "c", strand, cds, cds, phase)

    def codon_bases(model):
        """Every base with its place in its codon."""
        places = [place for start, end in model.cds for place in range(start, end)]
        if strand == "-":
            places = places[::-1]
        return {(place, (i - model.phase) % 3) for i, place in enumerate(places)}

    for _ in range(200):
        one, other = random_model(int(rng.integers(3))), random_model(int(rng.integers(3)))
        assert shared_in_frame(one, other) == len(codon_bases(one) & codon_bases(other))
        assert [(start, end) for start, end, _ in frames(one)] == one.cds


def test_the_score_counts_what_is_confirmed():
    cds = [(100, 200), (300, 400), (500, 600)]
    model = Transcript("t", "c", "-", cds, cds)
    evidence = GeneEvidence(
        introns={("c", 200, 300, "-"): {"E": 1}, ("c", 400, 500, "+"): {"E": 9}},
        starts={("c", 597, 600, "-"): {"P": 1}},
        stops={("c", 597, 600, "-"): {"P": 1}},
        protein_parts={"-": [(100, 175)], "+": [(0, 900)]},
        rna_parts={"-": [(0, 150), (300, 350)]},
    )
    support = Judge(evidence).support(model)
    assert (support.introns, support.supported, support.start, support.stop) == (2, 1, True, False)
    assert (support.protein, support.rna) == (0.25, pytest.approx(1 / 3))
    assert support.score == pytest.approx((1 + 0.5 + 1 / 3) / 4)
    assert support.any and not Judge(GeneEvidence({}, {}, {})).support(model).any


# Whole gene sets


def test_predictions_with_support_are_the_ground(simulated):
    fasta, truth = simulated
    listed = [model for name, model in truth.items() if name.endswith(".t1")]
    result = run(fasta, [gene(changed(model)) for model in listed], hints=supporting(*listed))
    assert cds_of(result) == sorted(tuple(model.cds) for model in listed)
    record = result.record()
    assert record["genes"] == record["transcripts"] == len(listed) and record["filtered"] == []
    assert record["sources"] == [{"source": "augustus", "transcripts": 24, "kept": 24}]
    for one in result.genes:
        (model,) = one.transcripts
        number = len(introns(model.cds))
        assert model.attributes["intron_support"] == f"{number}/{number}"
        assert float(model.attributes["evidence_score"]) == pytest.approx(
            (number + 1) / (number + 2), abs=6e-3
        )


def test_the_order_of_input_does_not_matter(simulated):
    fasta, truth = simulated
    rng = np.random.default_rng(4)
    listed = list(truth.values())
    predictions = [gene(changed(model, cds=model.cds[: 1 + i % 3])) for i, model in enumerate(listed)]
    predictions += [gene(changed(model, f"{model.id}.whole", "snap")) for model in listed[::2]]
    proteins = [gene(aligned(model, identity=f"0.{6 + i % 4}")) for i, model in enumerate(listed)]
    rna = []
    for number, model in enumerate(listed):
        rna.append(gene(changed(model, f"r.{model.id}", "stringtie", [], model.exons, score=number)))
    hints = supporting(*listed[::3])

    def told(order):
        def turned(genes):
            return [genes[i] for i in order.permutation(len(genes))]

        result = run(fasta, turned(predictions), turned(rna), turned(proteins), hints=hints)
        shapes = [[(m.cds, m.exons, m.attributes) for m in one.transcripts] for one in result.genes]
        return sorted(shapes, key=str), result.record()

    first = told(rng)
    assert first[0]
    for _ in range(4):
        assert told(rng) == first


@pytest.mark.parametrize("part", [slice(1, None), slice(None, -1)])
def test_of_overlapping_predictions_the_better_supported_stays(simulated, part):
    fasta, truth = simulated
    model = chosen(truth)
    cut = changed(model, "cut", cds=model.cds[part])
    result = run(fasta, [gene(cut), gene(changed(model))], hints=supporting(model))
    assert cds_of(result) == [tuple(model.cds)]
    assert result.record()["sources"] == [{"source": "augustus", "transcripts": 2, "kept": 1}]


def test_isoforms_of_one_prediction_stay_together_and_namesakes_apart(simulated):
    fasta, truth = simulated
    name = next(name for name in truth if name.endswith(".t2"))
    second, first = truth[name], truth[name.replace(".t2", ".t1")]
    result = run(fasta, [gene(changed(first), changed(second))], hints=supporting(first))
    assert [len(found.transcripts) for found in result.genes] == [2]
    one, other = chosen(truth, number=0), chosen(truth, number=1)
    namesakes = [gene(changed(one), name="g1"), gene(changed(other), name="g1")]
    result = run(fasta, namesakes, hints=supporting(one, other))
    assert sorted((found.start, found.strand) for found in result.genes) == sorted(
        (model.cds[0][0], model.strand) for model in (one, other)
    )


def test_supported_chains_become_isoforms(simulated):
    """An exon left out in frame: an isoform only when all its introns are seen, and never twice."""
    fasta, truth = simulated
    name = next(name for name in truth if name.endswith(".t2"))
    second, first = truth[name], truth[name.replace(".t2", ".t1")]
    rna = [gene(changed(second, name, "stringtie", [], second.exons)) for name in ("rna", "twin")]
    both = run(fasta, [gene(changed(first))], rna, hints=supporting(first, second))
    assert cds_of(both) == sorted([tuple(first.cds), tuple(second.cds)]) and len(both.genes) == 1
    assert [model.attributes["model_source"] for model in both.genes[0].transcripts] == [
        "augustus",
        "stringtie",
    ]
    unseen = run(fasta, [gene(changed(first))], rna, hints=supporting(first))
    assert cds_of(unseen) == [tuple(first.cds)]


def test_a_chain_in_another_frame_is_no_isoform():
    cds = [(100, 200), (300, 400)]
    seen = {("c", 200, 300, "+"): {"E": 9}, ("c", 200, 303, "+"): {"E": 9}}
    for first, number in ((103, 2), (101, 1), (102, 1)):
        loci, places = _loci([Transcript("a", "c", "+", cds, cds)], Judge(GeneEvidence(seen, {}, {})))
        parts = [(first, 200), (303, 400)]
        _add_chains(
            loci, places, [Transcript("b", "c", "+", parts, parts)], Judge(GeneEvidence(seen, {}, {}))
        )
        assert [len(locus.models) for locus in loci] == [number]


def test_a_shortened_chain_is_no_isoform():
    """The same introns and a later start say nothing new; an intron read through does."""
    cds = [(100, 200), (300, 400), (500, 590)]
    seen = {("c", 200, 300, "+"): {"E": 9}, ("c", 400, 500, "+"): {"E": 9}}
    for parts, number in (
        ([(103, 200), (300, 400), (500, 590)], 1),
        ([(300, 400), (500, 590)], 1),
        ([(100, 200), (300, 590)], 2),
    ):
        loci, places = _loci([Transcript("a", "c", "+", cds, cds)], Judge(GeneEvidence(seen, {}, {})))
        _add_chains(
            loci, places, [Transcript("b", "c", "+", parts, parts)], Judge(GeneEvidence(seen, {}, {}))
        )
        assert [len(locus.models) for locus in loci] == [number]


def isoforms(chain, seen, source="protein", cds=((100, 200), (300, 400), (500, 590)), more=()):
    """Number of models of a locus after one chain of a source is offered, and of isoforms left out."""
    places_seen = {("c", *part, "+"): dict(found) for part, found in seen.items()}
    evidence = GeneEvidence(places_seen, *more) if more else GeneEvidence(places_seen, {}, {})
    judge = Judge(evidence)
    loci, places = _loci([Transcript("a", "c", "+", list(cds), list(cds))], judge)
    model = Transcript("b", "c", "+", list(chain), list(chain), source=source)
    left_out = _add_chains(loci, places, [model], judge)
    return len(loci[0].models), left_out


OLD, NEW = {(200, 300): {"E": 9}, (400, 500): {"E": 9}}, (303, 400)


@pytest.mark.parametrize(
    ("support", "number"),
    [
        ({"P": 1}, 1), ({"P": 2}, 2), ({"P": 1, "E": 2}, 2), ({"E": 2}, 2), ({"P": 1, "L": 1}, 2),
        ({"L": 1}, 2),
    ],
)  # fmt: skip
def test_an_isoform_of_a_protein_needs_support_beyond_itself(support, number):
    """Its only new intron ends an exon three bases later; the hints have its own alignment once."""
    chain = [(100, 200), NEW, (500, 590)]
    seen = OLD | {(200, 303): support}
    assert isoforms(chain, seen) == (number, 2 - number)
    assert isoforms(chain, seen, "stringtie") == (2, 0), "RNA is evidence of its own"


@pytest.mark.parametrize(
    ("support", "number"), [({"L": 1}, 1), ({"L": 2}, 2), ({"L": 1, "E": 2}, 2), ({"L": 1, "P": 1}, 2)]
)
def test_a_lifted_isoform_needs_support_beyond_itself(support, number):
    """Its new intron ends an exon three bases later; elsewhere the gene is seen in RNA."""
    for chain, new in (
        ([(100, 200), NEW, (500, 590)], (200, 303)),
        ([(100, 200), (300, 400), (500, 590), (700, 730)], (590, 700)),
    ):
        assert isoforms(chain, OLD | {new: support}, "lift_over") == (number, 2 - number)


@pytest.mark.parametrize(
    ("old", "number"), [({}, 2), ({"L": 1}, 2), ({"L": 2}, 2), ({"L": 1, "E": 2}, 1), ({"P": 1}, 1)]
)
def test_lifted_isoforms_stay_where_nothing_else_speaks(old, number):
    for first in ({}, {"L": 1}):
        seen = {(200, 300): old, (400, 500): first, (200, 303): {"L": 1}}
        chain = [(100, 200), NEW, (500, 590)]
        assert isoforms(chain, seen, "lift_over") == (number, 2 - number)
    # The intron that it replaces has no evidence, the other one of the gene has.
    seen = {(200, 300): {"L": 1}, (400, 500): {"E": 9}, (200, 303): {"L": 1}}
    assert isoforms(chain, seen, "lift_over") == (2, 0)


@pytest.mark.parametrize("spliced_elsewhere", [False, True])
def test_isoforms_of_one_annotation_are_one_witness(simulated, spliced_elsewhere):
    """The exon that a lifted isoform leaves out is seen in RNA; a second annotation may confirm it."""
    fasta, truth = simulated
    name = next(name for name in truth if name.endswith(".t2"))
    second, first = truth[name], truth[name.replace(".t2", ".t1")]
    facts = {"identity": "0.98", "coverage": "1.000", "stops": "0", "frameshifts": "0", "noncanonical": "0"}
    twins = [changed(second, f"lifted{n}", "lift_over", lifted_from="OLD1", **facts) for n in range(2)]
    lifted = [gene(*twins, name="OLD1")]
    if spliced_elsewhere:
        lifted.append(gene(changed(second, "other", "lift_over", lifted_from="NEW1", **facts), name="NEW1"))
    result = run(fasta, [gene(changed(first))], lifted=lifted, hints=supporting(first))
    expected = [first, second] if spliced_elsewhere else [first]
    assert cds_of(result) == sorted(tuple(model.cds) for model in expected)
    assert result.unsupported_isoforms == (0 if spliced_elsewhere else 2)


@pytest.mark.parametrize(("rival", "number"), [(None, 2), ({"E": 2}, 1), ({"P": 1}, 1), ({"L": 1}, 1)])
def test_a_protein_mends_introns_that_nothing_supports(rival, number):
    """The new intron is in the place of a predicted one; a new exon at the end is in no place of another."""
    seen = {(400, 500): {"E": 9}, (200, 303): {"P": 1}} | ({(200, 300): rival} if rival else {})
    assert isoforms([(100, 200), (303, 400), (500, 590)], seen) == (number, 2 - number)
    seen = OLD | {(590, 700): {"P": 1}}
    assert isoforms([(100, 200), (300, 400), (500, 590), (700, 730)], seen) == (1, 1)


def test_half_of_the_introns_of_a_protein_may_be_its_own():
    chain = [(100, 200), (303, 400), (503, 590)]
    own, seen = {(200, 303): {"P": 1}}, {(400, 503): {"P": 1, "E": 5}}
    assert isoforms(chain, OLD | own | seen) == (2, 0)
    assert isoforms(chain, OLD | own | {(400, 503): {"P": 1}}) == (1, 1)


@pytest.mark.parametrize(
    ("rival", "number"), [({"E": 9}, 2), ({"E": 10}, 1), ({"P": 1}, 2), ({"P": 2}, 1), (None, 2)]
)
def test_a_protein_reads_through_no_intron_that_is_well_supported(rival, number):
    seen = {(200, 300): {"E": 50}} | ({(400, 500): rival} if rival else {})
    assert isoforms([(100, 200), (300, 590)], seen) == (number, 2 - number)


def test_rna_that_proteins_confirm_throughout_tells_the_frame():
    """Predicted in another frame over most of its length, seen in RNA and proteins from start to stop."""
    cds, chain = [(100, 200), (300, 401)], [(99, 201), (301, 402)]
    seen = {(200, 300): {"E": 2}, (201, 301): {"E": 9}}
    codons = {("c", 99, 102, "+"): {"P": 1}}, {("c", 399, 402, "+"): {"P": 1}}
    whole = {"+": [(90, 450)]}
    assert isoforms(chain, seen, "stringtie", cds, (*codons, whole))[0] == 2
    assert isoforms(chain, seen, "stringtie", cds, ({}, {}, whole))[0] == 1
    assert isoforms(chain, seen, "protein", cds, (*codons, whole))[0] == 1


def test_isoforms_are_limited(simulated):
    fasta, truth = simulated
    model = max(truth.values(), key=lambda one: len(one.cds))
    rna = []
    for number in range(1, len(model.exons) - 1):
        skipped = model.exons[:number] + model.exons[number + 1 :]
        rna.append(changed(model, f"r{number}", "stringtie", [], skipped))
    assert len(rna) > MAX_ISOFORMS
    hints = Hints()
    for one in (model, *rna):
        for part in introns(one.exons):
            hints.add("E", "intron", (one.seqid, *part, one.strand), 9)
    result = run(fasta, [gene(changed(model))], [gene(one) for one in rna], hints=hints)
    assert max(len(one.transcripts) for one in result.genes) <= MAX_ISOFORMS


def test_evidence_alone_makes_genes_where_nothing_was_predicted(simulated):
    fasta, truth = simulated
    model = chosen(truth)
    rna = [gene(changed(model, "rna", "stringtie", [], model.exons))]
    assert cds_of(run(fasta, transcripts=rna, hints=supporting(model))) == [tuple(model.cds)]
    assert cds_of(run(fasta, transcripts=rna)) == [], "introns that nobody has seen"
    protein = [gene(aligned(model))]
    assert cds_of(run(fasta, proteins=protein, hints=supporting(model, source="P"))) == [tuple(model.cds)]
    for facts in ({"identity": "0.59"}, {"noncanonical": "1"}, {"partial": "5"}):
        worse = [gene(aligned(model, **facts))]
        assert cds_of(run(fasta, proteins=worse, hints=supporting(model, source="P"))) == []


def test_a_single_exon_needs_a_protein(simulated):
    fasta, truth = simulated
    model = next(one for one in truth.values() if len(one.exons) == 1)
    rna = [gene(changed(model, "rna", "stringtie", [], model.exons))]
    assert cds_of(run(fasta, transcripts=rna)) == []
    assert cds_of(run(fasta, proteins=[gene(aligned(model))])) == [tuple(model.cds)]


def test_lifted_models_support_themselves_unless_they_are_broken(simulated):
    fasta, truth = simulated
    model = chosen(truth)
    facts = {"identity": "0.98", "coverage": "1.000", "stops": "0", "frameshifts": "0", "noncanonical": "0"}
    lifted = changed(model, "lifted", "lift_over", exons=model.exons, lifted_from="OLD1", **facts)
    result = run(fasta, lifted=[gene(lifted)])
    assert cds_of(result) == [tuple(model.cds)]
    (found,) = result.genes[0].transcripts
    assert found.exons == model.exons and found.attributes["model_source"] == "lift_over"
    broken = changed(model, "lifted", "lift_over", lifted_from="OLD1", **{**facts, "frameshifts": "1"})
    result = run(fasta, lifted=[gene(broken)])
    assert [one.type for one in result.genes] == ["pseudogene"] and result.genes[0].attributes[
        "protein"
    ] == "OLD1"
    partial = changed(model, "lifted", "lift_over", lifted_from="OLD1", partial="5", **facts)
    assert run(fasta, lifted=[gene(partial)]).genes == []


def test_untranslated_regions_come_from_the_best_expressed_fitting_transcript(simulated):
    fasta, truth = simulated
    model = next(one for one in truth.values() if len(one.cds) > 2 and one.exons[0][0] < one.cds[0][0] - 20)
    weak = changed(model, "weak", "stringtie", [], model.exons, score=5)
    wider = [(model.exons[0][0] - 10, model.exons[0][1]), *model.exons[1:]]
    strong = changed(model, "strong", "stringtie", [], wider, score=9)
    other = changed(model, "other", "stringtie", [], [(wider[0][0], wider[-1][1])], score=99)
    begun = [(model.cds[0][0] + 1, model.exons[0][1]), *model.exons[1:]]
    short = changed(model, "short", "stringtie", [], begun, score=99)
    given = [gene(one) for one in (weak, strong, other, short)]
    result = run(fasta, [gene(changed(model))], given, hints=supporting(model))
    main = next(one for found in result.genes for one in found.transcripts if one.cds == model.cds)
    assert main.exons == wider
    assert main.attributes["rna_support"] == "1.00"


# What is refused


def shifted(model):
    """A copy that lost its first base, and so its frame."""
    cds = list(model.cds)
    if model.strand == "+":
        cds[0] = (cds[0][0] + 1, cds[0][1])
    else:
        cds[-1] = (cds[-1][0], cds[-1][1] - 1)
    return changed(model, "shifted", cds=cds)


def test_a_model_with_a_stop_inside_is_refused(simulated):
    fasta, truth = simulated
    model = chosen(truth)
    broken = shifted(model)
    sequence = fasta.read_bytes().split(b"\n")[1]
    assert "*" in translate(coding_sequence(broken, sequence))[:-1]
    result = run(fasta, [gene(broken)], hints=supporting(model))
    assert result.genes == [] and result.record()["filtered"] == [{"rule": "stop codon in frame", "genes": 1}]
    kept = run(fasta, [gene(changed(model), broken)], hints=supporting(model))
    assert cds_of(kept) == [tuple(model.cds)], "its sound isoform stays"


def test_a_refused_model_does_not_hide_a_pseudogene(simulated):
    fasta, truth = simulated
    model = chosen(truth)
    result = run(fasta, [gene(shifted(model))], proteins=[gene(aligned(model, stops="1"))])
    assert [one.type for one in result.genes] == ["pseudogene"]
    assert result.record()["filtered"] == [{"rule": "stop codon in frame", "genes": 1}]


@pytest.mark.parametrize("facts", [{"stops": "1"}, {"frameshifts": "2"}])
def test_broken_proteins_where_no_gene_is_are_pseudogene_candidates(simulated, facts):
    fasta, truth = simulated
    model, elsewhere = chosen(truth, number=0), chosen(truth, number=1)
    result = run(
        fasta,
        [gene(changed(elsewhere))],
        proteins=[gene(aligned(model, **facts))],
        hints=supporting(elsewhere),
    )
    (pseudo,) = [one for one in result.genes if one.type == "pseudogene"]
    assert pseudo.attributes["pseudogene_candidate"] == "yes" and pseudo.attributes["biotype"] == "pseudogene"
    assert pseudo.transcripts[0].exons == model.cds and pseudo.transcripts[0].cds == []
    assert result.record()["pseudogene_candidates"] == 1 and result.record()["genes"] == 1
    at_a_gene = run(
        fasta, [gene(changed(model))], proteins=[gene(aligned(model, **facts))], hints=supporting(model)
    )
    assert at_a_gene.pseudogenes == 0
    for weak in ({"identity": "0.49"}, {"coverage": "0.69"}):
        assert run(fasta, proteins=[gene(aligned(model, **facts, **weak))]).genes == []


@pytest.mark.parametrize(("strand", "spliced"), [("+", True), ("+", False), ("-", True)])
def test_a_lifted_gene_reads_through_its_selenocysteine(simulated, tmp_path, spliced, strand):
    """The gene finder and the RNA end at the codon, and another prediction begins behind it."""
    fasta, truth = simulated
    fit = [m for m in truth.values() if m.strand == strand and (len(m.cds) > 1) == spliced]
    model = max(fit, key=lambda m: total_bp(m.cds))
    sequence = bytearray(fasta.read_bytes().split(b"\n")[1])
    expected = protein(model, bytes(sequence))
    codon = len(expected) // 2
    place = to_genome(model.cds, strand, 3 * codon, 3 * codon + 3)
    bases = [base for part in place for base in range(*part)]
    for base, letter in zip(bases, b"TGA" if strand == "+" else b"TCA", strict=True):
        sequence[base] = letter
    (tmp_path / "genome.fa").write_bytes(b">c1\n" + bytes(sequence) + b"\n")
    parts = ",".join(f"{start + 1}..{end}" for start, end in place)
    said = f"join({parts})" if strand == "+" else f"complement(join({parts}))"
    lifted = changed(
        model, "lifted", "lift_over", exons=model.exons, transl_except=f"(pos:{said},aa:Sec)",
        lifted_from="OLD1", identity="0.98", coverage="1.000", stops="0", frameshifts="0", noncanonical="0",
    )  # fmt: skip
    first = to_genome(model.cds, strand, 0, 3 * codon + 3)
    second = to_genome(model.cds, strand, 3 * codon + 6, total_bp(model.cds))
    pieces = [gene(changed(model, "first", cds=first)), gene(changed(model, "second", cds=second))]
    rna = [gene(changed(model, "rna", "stringtie", [], model.exons))]
    result = run(tmp_path / "genome.fa", pieces, rna, lifted=[gene(lifted)], hints=supporting(model))
    assert cds_of(result) == [tuple(model.cds)]
    assert result.filtered == {"part of a lifted gene with a recoded stop codon or ribosomal slippage": 2}
    write_genes(tmp_path / "out.gff3", name_genes(result.genes, "x", {"c1": ("c1", 0)}), {"c1": 10**6})
    ((read,),) = [one.transcripts for one in read_genes(tmp_path / "out.gff3")]
    assert protein(read, bytes(sequence)) == expected[:codon] + "U" + expected[codon + 1 :]


@pytest.mark.parametrize(("strand", "spliced"), [("+", True), ("+", False), ("-", True)])
@pytest.mark.parametrize("step", [-1, 1])
def test_a_lifted_gene_keeps_its_slippage(simulated, tmp_path, strand, spliced, step):
    """The gene finder reads the first frame to its stop, and the second one from an ATG on."""
    fasta, truth = simulated
    fit = [m for m in truth.values() if m.strand == strand and (len(m.cds) > 1) == spliced]
    model = max(fit, key=lambda m: total_bp(m.cds))
    sequence = bytearray(fasta.read_bytes().split(b"\n")[1])
    expected = protein(model, bytes(sequence))
    # A base is taken out of the middle of the longest exon, or put in there.
    low, high = max(model.cds, key=lambda part: part[1] - part[0])
    at = (low + high) // 2
    twice = sequence[at - 1] == sequence[at]
    while step < 0 and not twice:
        at += 1
        twice = sequence[at - 1] == sequence[at]
    if step < 0:
        del sequence[at]
    else:
        sequence[at:at] = b"C"

    def moved(parts):
        return [(s + step * (s > at), e + step * (e > at)) for s, e in parts]

    cds = [part for s, e in model.cds for part in (((s, at), (at, e)) if s < at < e else ((s, e),))]
    cds = [(s + step * (s >= at), e + step * (e > at)) for s, e in cds]
    (tmp_path / "genome.fa").write_bytes(b">c1\n" + bytes(sequence) + b"\n")
    lifted = changed(
        model, "lifted", "lift_over", cds=cds, exons=moved(model.exons), exception="ribosomal slippage",
        lifted_from="OLD1", identity="0.98", coverage="1.000", stops="0", frameshifts="0", noncanonical="0",
    )  # fmt: skip
    assert protein(lifted, bytes(sequence)) == expected
    rna = changed(model, "rna", "stringtie", [], moved(model.exons))
    frames = [add_orf(rna, bytes(sequence), min_codons=34, allow_partial=False)]
    assert frames[0] and 3 * len(expected) - total_bp(frames[0].cds) > 100
    pieces = [gene(changed(frames[0], "first", cds=frames[0].cds))]
    result = run(tmp_path / "genome.fa", pieces, [gene(rna)], lifted=[gene(lifted)])
    assert cds_of(result) == [tuple(cds)]
    write_genes(tmp_path / "out.gff3", name_genes(result.genes, "x", {"c1": ("c1", 0)}), {"c1": 10**6})
    ((read,),) = [one.transcripts for one in read_genes(tmp_path / "out.gff3")]
    assert protein(read, bytes(sequence)) == expected


def test_models_without_support_must_be_long_and_no_repeat(simulated):
    fasta, truth = simulated
    model = chosen(truth, spliced=False)
    bare = [gene(changed(model))]
    assert len(run(fasta, bare).genes) == 1
    whole = [(model.cds[0][0], model.cds[-1][1])]
    refused = run(fasta, bare, repeats={"c1": whole})
    assert refused.record()["filtered"] == [
        {"rule": "no support, and at least half of the CDS is repeat", "genes": 1}
    ]
    assert len(run(fasta, bare, proteins=[gene(aligned(model))], repeats={"c1": whole}).genes) == 1
    sequence = fasta.read_bytes().split(b"\n")[1]
    for size, rule in ((297, "no support, and CDS shorter than 300 bp"), (99, "CDS shorter than 34 codons")):
        start = next(i for i in range(len(sequence)) if "*" not in translate(sequence[i : i + size]))
        part = [(start, start + size)]
        tiny = gene(Transcript("tiny", "c1", "+", part, part))
        assert run(fasta, [tiny]).record()["filtered"] == [{"rule": rule, "genes": 1}]


def test_names_follow_the_genome_and_the_users_sequences():
    def at(seqid, start, strand="+"):
        return Gene(
            "", seqid, strand, [Transcript("x", seqid, strand, [(start, start + 9)]) for _ in range(2)]
        )

    listed = [at("s2", 5), at("s1", 50), at("s1", 7, "-"), at("s1", 7)]
    named = name_genes(listed, "xxTest1", {"s1": ("chrA", 100), "s2": ("chrB", 100)})
    assert [(one.id, one.seqid, one.start, one.strand) for one in named] == [
        ("xxTest1_g00001", "chrA", 7, "+"), ("xxTest1_g00002", "chrA", 7, "-"),
        ("xxTest1_g00003", "chrA", 50, "+"), ("xxTest1_g00004", "chrB", 5, "+"),
    ]  # fmt: skip
    assert [model.id for model in named[0].transcripts] == ["xxTest1_g00001.t1", "xxTest1_g00001.t2"]
    assert {model.seqid for one in named for model in one.transcripts} == {"chrA", "chrB"}
    assert named[0].attributes["biotype"] == "protein_coding"
    assert Combination().record()["genes"] == 0


@pytest.mark.parametrize(("number", "dropped"), [(5, 5), (4, 0)])
def test_genes_of_a_sequence_without_any_support_are_left_out(simulated, tmp_path, number, dropped):
    """Several genes on a sequence where none has support, when most elsewhere have it: a contaminant."""
    fasta, truth = simulated
    letters = fasta.read_bytes().split(b"\n")[1]
    both = tmp_path / "both.fa"
    both.write_bytes(b">c1\n" + letters + b"\n>c2\n" + letters + b"\n")
    listed = [model for name, model in truth.items() if name.endswith(".t1") and total_bp(model.cds) >= 400]
    here, there = listed[:8], [changed(model, f"x.{model.id}") for model in listed[:number]]
    for model in there:
        model.seqid = "c2"
    predictions = [gene(model) for model in (*map(changed, here), *there)]
    result = run(both, predictions, hints=supporting(*here))
    names = {"c1": ("chr1", 1), "c2": ("contig_9", 1)}
    record = result.record(names)
    assert record["genes"] == 8 + number - dropped
    foreign = [{"sequence": "contig_9", "genes": 5}] if dropped else []
    assert record["unsupported_sequences"] == foreign
    assert sum(row["genes"] for row in record["filtered"]) == dropped
    assert record["sources"][0]["kept"] == 8 + number - dropped
    one = supporting(there[0])
    assert run(both, predictions, hints=supporting(*here, there[0])).record()["genes"] == 8 + number
    assert run(both, predictions, hints=one).record()["genes"] == 8 + number, "little is supported anywhere"


# One place, one gene; one chain of exons, one transcript


def places_of(result):
    """Places of genes and chains of exons of transcripts, each with its strand."""
    genes = [(one.seqid, one.strand, one.start, one.end) for one in result.genes]
    chains = [(m.seqid, m.strand, tuple(m.exons)) for one in result.genes for m in one.transcripts]
    return genes, chains


def test_two_reading_frames_of_one_transcript_become_the_better_supported_one(simulated):
    """As in the demo: two CDS of one gene, extended by the same transcript to the same exons."""
    fasta, truth = simulated
    model = chosen(truth)
    plus = model.strand == "+"
    # A later start in the same frame: the first part loses thirty codons.
    first = 0 if plus else -1
    start, end = model.cds[first]
    assert end - start > 120
    shorter = list(model.cds)
    shorter[first] = (start + 90, end) if plus else (start, end - 90)
    edges = (model.cds[0][0] - 40, model.cds[-1][1] + 40)
    exons = [(edges[0], model.cds[0][1]), *model.cds[1:-1], (model.cds[-1][0], edges[1])]
    rna = changed(model, "rna", "rna", cds=[], exons=exons)
    listed = [changed(model), changed(model, "short", cds=shorter)]
    for order in (listed, listed[::-1]):
        result = run(fasta, [gene(*order)], [gene(rna)], hints=supporting(model))
        assert cds_of(result) == [tuple(model.cds)]
        record = result.record()
        assert (record["merged_transcripts"], record["merged_genes"]) == (1, 0)
        assert record["sources"][0]["kept"] == 1


def test_a_transcript_through_two_genes_is_the_end_of_neither(simulated):
    """As in the demo: two genes on one transcript, both extended to its place."""
    fasta, truth = simulated
    one, other = sorted(
        (model for name, model in truth.items() if name.endswith(".t1") and model.strand == "+"),
        key=lambda model: model.start,
    )[:2]
    exons = [(one.cds[0][0] - 30, one.cds[0][1]), *one.cds[1:], *other.cds[:-1]]
    exons.append((other.cds[-1][0], other.cds[-1][1] + 30))
    fused = changed(one, "fused", "rna", cds=[], exons=exons)
    result = run(
        fasta, [gene(changed(one)), gene(changed(other))], [gene(fused)], hints=supporting(one, other)
    )
    assert [(g.start, g.end) for g in result.genes] == [(m.cds[0][0], m.cds[-1][1]) for m in (one, other)]


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_place_comes_twice(simulated, data):
    """Whatever overlaps: predictions cut and shifted, transcripts that join and share ends."""
    fasta, truth = simulated
    listed = sorted((m for name, m in truth.items() if name.endswith(".t1")), key=lambda m: m.start)[:6]
    predictions, transcripts = [], []
    for number in range(data.draw(st.integers(1, 8))):
        model = data.draw(st.sampled_from(listed))
        low = data.draw(st.integers(0, len(model.cds) - 1))
        high = data.draw(st.integers(low + 1, len(model.cds)))
        predictions.append(gene(changed(model, f"p{number}", cds=model.cds[low:high]), name=f"g{number % 4}"))
    for number in range(data.draw(st.integers(0, 5))):
        first = data.draw(st.integers(0, len(listed) - 1))
        last = data.draw(st.integers(first, len(listed) - 1))
        before, after = (data.draw(st.sampled_from([0, 1, 50])) for _ in range(2))
        joined = [part for model in listed[first : last + 1] for part in model.cds]
        if data.draw(st.booleans()):
            joined = [(joined[0][0], joined[-1][1])]
        joined[0] = (joined[0][0] - before, joined[0][1])
        joined[-1] = (joined[-1][0], joined[-1][1] + after)
        model = changed(listed[first], f"r{number}", "rna", cds=[], exons=joined)
        transcripts.append(gene(model))
    result = run(fasta, predictions, transcripts, hints=supporting(*listed))
    for places in places_of(result):
        assert len(places) == len(set(places))
    given = sum(row["transcripts"] for row in result.record()["sources"])
    assert sum(len(one.transcripts) for one in result.genes) <= given


# Starts


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = tmp_path_factory.mktemp("starts")
    return genome_with_genes(folder, 60, seed=3, spacer=500)


def from_inner_start(model, sequence):
    """The model from its second ATG in frame, as gene finders mistake it."""
    letters = coding_sequence(model, sequence)
    inner = next(i for i in range(3, len(letters), 3) if letters[i : i + 3] == b"ATG")
    return to_genome(model.cds, model.strand, inner, len(letters))


@pytest.mark.parametrize("code", [1, 6, 12])
def test_genes_with_proteins_teach_the_starts_of_the_others(many, code):
    fasta, annotation = many
    truth = [gene.transcripts[0] for gene in read_genes(annotation)]
    genome = recoded_genome(fasta, annotation, code)
    sequence = genome.read_bytes().split(b"\n")[1]
    known, others = truth[:25], [model for model in truth[25:] if total_bp(model.cds) > 600]
    predicted = [
        changed(model, f"p{i}", cds=from_inner_start(model, sequence)) for i, model in enumerate(others)
    ]
    assembled = [
        Transcript(f"t{i}", model.seqid, model.strand, model.exons, source="StringTie")
        for i, model in enumerate(truth)
    ]
    evidence = {
        "transcripts": [gene(model) for model in assembled],
        "hints": supporting(*truth),
        "code": code,
    }
    proteins = [gene(aligned(model)) for model in known]
    right = set(map(tuple, (model.cds for model in others)))

    result = run(genome, map(gene, predicted), proteins=proteins, **evidence)
    assert result.record()["start_genes"] == 25
    assert result.record()["moved_starts"] >= 0.8 * len(others)
    assert len(right & set(cds_of(result))) >= 0.95 * len(others)
    untaught = run(genome, map(gene, predicted), proteins=proteins[:10], **evidence)
    assert untaught.record()["start_genes"] == untaught.record()["moved_starts"] == 0
    assert len(right & set(cds_of(untaught))) < len(right & set(cds_of(result)))


def test_a_start_that_a_protein_has_stays_and_draws_others(many):
    fasta, annotation = many
    truth = [gene.transcripts[0] for gene in read_genes(annotation)]
    sequence = fasta.read_bytes().split(b"\n")[1]
    known, model = truth[:25], truth[30]
    inner = changed(model, "inner", cds=from_inner_start(model, sequence))
    rna = [
        gene(Transcript(f"t{i}", m.seqid, m.strand, m.exons, source="StringTie")) for i, m in enumerate(truth)
    ]
    proteins = [gene(aligned(m)) for m in known]
    hints = supporting(*known)
    hints.add_model("P", inner)
    for predicted in (inner, changed(model, "whole")):
        result = run(fasta, [gene(predicted)], rna[:31], proteins, hints=hints)
        assert tuple(inner.cds) in cds_of(result)


@pytest.mark.parametrize(("seen", "number"), [(False, 2), (True, 1)])
def test_rna_reads_through_a_predicted_intron_before_the_start(simulated, seen, number):
    _, truth = simulated
    model = next(m for m in truth.values() if m.strand == "+" and m.exons[0][0] + 60 < m.cds[0][0])
    first = (model.cds[0][0] - 50, model.cds[0][0] - 41)
    wrong = changed(model, cds=[first, (model.cds[0][0] - 12, model.cds[0][1]), *model.cds[1:]])
    rna = changed(model, "rna", "StringTie", exons=model.exons)
    evidence = GeneEvidence(
        {(model.seqid, *part, "+"): {"E": 9} for part in introns(wrong.cds if seen else model.cds)}, {}, {}
    )
    loci, places = _loci([wrong], Judge(evidence))
    _add_chains(loci, places, [rna], Judge(evidence))
    assert [len(locus.models) for locus in loci] == [number]
