"""Features of INSDC from gene models: gene, mRNA, CDS, tRNA, rRNA, ncRNA and assembly_gap.

Exons, introns and UTRs are left out: the mRNA says them, and ENA refuses two such features at one place.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from Bio.Data.IUPACData import protein_letters_3to1

from linnaea.annotation.functional_annotation import HYPOTHETICAL, clean_name, clean_product
from linnaea.formats.gene_models import Gene, Part, Transcript, introns, translate
from linnaea.formats.gff3 import ordered
from linnaea.formats.sequences import reverse_complement
from linnaea.submission.entries import Entry, Feature
from linnaea.submission.findings import Findings
from linnaea.submission.location import Location, location_of
from linnaea.submission.locus_tags import LocusTags
from linnaea.submission.reading import read_cds
from linnaea.submission.trans_splicing import SplicedGene

# What may be done about a class, the default first; `refuse` stops, `keep` writes the model as it is.
ACTIONS = {
    "internal_stop": ("refuse", "drop", "pseudogene", "keep"),
    "no_start": ("partial", "refuse", "drop", "keep"),
    "no_stop": ("partial", "refuse", "drop", "keep"),
    "frame": ("partial", "refuse", "drop", "keep"),
    "short_intron": ("refuse", "artificial", "drop", "keep"),
    "gap_in_cds": ("refuse", "drop", "keep"),
    "duplicate": ("merge", "refuse", "keep"),
    "beyond_end": ("refuse", "keep"),
}
DEFAULTS = {kind: actions[0] for kind, actions in ACTIONS.items()}
KEEP = dict.fromkeys(ACTIONS, "keep")
MIN_GAP = 10
# Introns shorter than this (bp) are refused within a CDS (ENA's own test, which is one less than it says).
MIN_INTRON = 9
# By INSDC's custom a gap of 100 N is one of unknown length.
UNKNOWN_GAP = 100
# Types of the Sequence Ontology that are classes of ncRNA at INSDC under another name, or keys of their own.
_RNA_KEYS = {"tRNA": "tRNA", "rRNA": "rRNA", "tmRNA": "tmRNA"}
_NCRNA_CLASSES = {
    **{
        name: name
        for name in (
            "snRNA", "snoRNA", "scaRNA", "siRNA", "piRNA", "miRNA", "pre_miRNA", "SRP_RNA", "RNase_P_RNA",
            "RNase_MRP_RNA", "telomerase_RNA", "Y_RNA", "vault_RNA", "guide_RNA", "antisense_RNA",
            "ribozyme", "hammerhead_ribozyme", "scRNA", "circRNA", "autocatalytically_spliced_intron",
        )
    },
    "lnc_RNA": "lncRNA", "lncRNA": "lncRNA", "lincRNA": "lncRNA", "ncRNA": "other",
}  # fmt: skip
_N = re.compile(b"[Nn]+")
_PSEUDOGENES = ("processed", "unprocessed", "unitary", "allelic", "unknown")
# /exception of INSDC, and values of other archives that are qualifiers of their own.
_EXCEPTIONS = (
    "RNA editing", "reasons given in citation", "rearrangement required for product",
    "annotated by transcript or proteomic data",
)  # fmt: skip
LOW_QUALITY = "low-quality sequence region"
_RECODED = r"\(pos:.+?,\s*aa:[A-Za-z]+\)"
_INFERENCES = {
    "augustus": "ab initio prediction:AUGUSTUS", "snap": "ab initio prediction:SNAP",
    "genemark.hmm3": "ab initio prediction:GeneMark", "genemark.hmm": "ab initio prediction:GeneMark",
    "helixer": "ab initio prediction:Helixer", "trnascan-se": "COORDINATES:profile:tRNAscan-SE",
    "aragorn": "COORDINATES:profile:ARAGORN", "barrnap": "COORDINATES:profile:barrnap",
    "infernal": "COORDINATES:profile:Infernal",
}  # fmt: skip
_DATABASES = {"Pfam": "PFAM", "Rfam": "RFAM"}
# Where the anticodon stands in a tRNA without an intron before it, 0-based in reading direction (Sprinzl 34).
_ANTICODON = range(29, 40)


def gap_runs(letters: bytes, shortest: int = MIN_GAP) -> list[Part]:
    """Runs of at least so many N (0-based, half-open), ascending."""
    runs: list[Part] = []
    following = {letter: letters.find(letter) for letter in (b"N", b"n")}
    end = 0
    while True:
        for letter, at in following.items():
            if 0 <= at < end:
                following[letter] = letters.find(letter, end)
        starts = [at for at in following.values() if at >= 0]
        match = _N.match(letters, min(starts)) if starts else None
        if match is None:
            return runs
        end = match.end()
        if end - match.start() >= shortest:
            runs.append(match.span())


def over_gap(location: Location, gaps: Sequence[Part]) -> bool:
    """Whether a span of a location shares bases with one of the ascending gaps."""
    for start, end, _ in location.spans:
        at = bisect_left(gaps, (start, start))
        if (at and gaps[at - 1][1] > start) or (at < len(gaps) and gaps[at][0] < end):
            return True
    return False


def gap_features(gaps: Iterable[Part], linkage: str) -> list[Feature]:
    """assembly_gap features; without `linkage` evidence they are between scaffolds."""
    features = []
    for start, end in gaps:
        length = "unknown" if end - start == UNKNOWN_GAP else str(end - start)
        said: list[tuple[str, str | None]] = [("estimated_length", length)]
        if linkage:
            said += [("gap_type", "within scaffold"), ("linkage_evidence", linkage)]
        else:
            said.append(("gap_type", "between scaffolds"))
        features.append(Feature("assembly_gap", location_of([(start, end)], "+"), said))
    return features


@dataclass
class Conversion:
    """Gene models to features, sequence by sequence; what was done is counted, what stops is found.

    `resolved` counts (class, action); `linkage` is the evidence of gaps.
    """

    tags: LocusTags
    actions: Mapping[str, str] = field(default_factory=lambda: DEFAULTS)
    file: str = ""
    linkage: str = "proximity ligation"
    shortest_gap: int = MIN_GAP
    findings: Findings = field(default_factory=Findings)
    resolved: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    tag_owners: dict[str, str] = field(default_factory=dict)

    def add_features(self, entry: Entry, genes: Sequence[Gene], code: int) -> None:
        """Add assembly_gap and gene features to an entry, its genes in order of position."""
        gaps = gap_runs(entry.letters, self.shortest_gap)
        entry.features += gap_features(gaps, self.linkage)
        # What stands at a place already, of one key.
        places: dict[tuple[str, Location], Feature] = {}
        tagged: dict[str, list[Feature]] = {}
        for gene in genes:
            if gene.end > len(entry.letters) and not gene.circle:
                text = f"ends at {gene.end} of {len(entry.letters)} bp"
                if self._resolve("beyond_end", gene.id, text) != "keep":
                    continue
            features = _Gene(self, entry, gene, code, gaps).features()
            if features:
                self._merge(entry, features, gene, places, tagged)

    def _merge(
        self,
        entry: Entry,
        features: list[Feature],
        gene: Gene,
        places: dict[tuple[str, Location], Feature],
        tagged: dict[str, list[Feature]],
    ) -> None:
        """Add the features of a gene, but those that stand there already."""
        head = features[0]
        tag = head.value("locus_tag")
        if tag and self.tag_owners.setdefault(tag, gene.id) != gene.id:
            self.findings.add(
                "gene_twice", self.file, gene.id, f"has the tag {tag} of {self.tag_owners[tag]}"
            )
        bare = replace(head.location, missing_5=False, missing_3=False)
        twin = places.get(("gene", bare))
        action = self.actions["duplicate"]
        if twin is not None and self._resolve(
            "duplicate", gene.id, f"is at the place of {twin.value('locus_tag')}"
        ):
            if action == "merge":
                _adopt(twin, head, features[1:])
                features = features[1:]
            elif action == "refuse":
                return
        else:
            places["gene", bare] = head
        for feature in features:
            if feature.key == "gene":
                entry.features.append(feature)
                continue
            known = places.get((feature.key, feature.location))
            if known is None:
                places[feature.key, feature.location] = feature
                entry.features.append(feature)
            elif action != "merge" and feature.key != "CDS":
                self._resolve(
                    "duplicate", gene.id, f"{feature.key} is at the place of {known.value('locus_tag')}"
                )
                entry.features.append(feature)
            elif known.value("locus_tag") != feature.value("locus_tag"):
                self._note("duplicate", "merge", gene.id)

    def add_trans_spliced(self, entry: Entry, one: SplicedGene, code: int) -> None:
        """Add gene, mRNA and CDS of a trans-spliced transcript; nothing when its CDS does not read."""
        tag = self.tags.of(one.gene)
        name = clean_name(one.gene.attributes.get("gene", one.gene.attributes.get("Name", "")))
        shared: list[tuple[str, str | None]] = [("locus_tag", tag)] if tag else []
        shared += [("gene", name)] if name and name != one.gene.id else []
        mark: list[tuple[str, str | None]] = [("trans_splicing", None)]
        product = clean_product(one.attributes.get("product", ""))
        said = [*shared, ("product", product)]
        features = [Feature("gene", one.place, shared + mark)]
        if one.exons and (one.has_mrna or not one.cds):
            key = "mRNA" if one.cds else "misc_RNA"
            features.append(Feature(key, Location(one.exons), said + mark))
        if one.cds:
            recoded = re.findall(_RECODED, one.attributes.get("transl_except", ""))
            said += [("transl_except", text) for text in recoded]
            if one.phase:
                said.append(("codon_start", str(one.phase + 1)))
            cds = Feature(
                "CDS", Location(one.cds, missing_5=one.phase > 0), [*said, *mark, ("transl_table", str(code))]
            )
            reading = read_cds(cds, entry.letters, code)
            if reading.internal_stops:
                text = f"{reading.internal_stops} stop codons within"
                if self._resolve("internal_stop", one.gene.id, text) != "keep":
                    return
            lacks = {"no_start": not reading.start and not one.phase, "no_stop": not reading.stop}
            for kind in (kind for kind, lacking in lacks.items() if lacking):
                action = self._resolve(kind, one.gene.id, "")
                if action in ("drop", "refuse"):
                    return
                for feature in (*features, cds) if action == "partial" else ():
                    place = feature.location
                    feature.location = replace(
                        place,
                        missing_5=place.missing_5 or kind == "no_start",
                        missing_3=place.missing_3 or kind == "no_stop",
                    )
            features.append(cds)
        entry.features += features

    def action(self, kind: str) -> str:
        return self.actions.get(kind, DEFAULTS[kind])

    def _resolve(self, kind: str, name: str, text: str) -> str:
        """The action on one case of a class; `refuse` is a finding."""
        action = self.action(kind)
        if action == "refuse":
            self.findings.add(kind, self.file, name, text)
        elif action != "keep":
            self._note(kind, action, name)
        return action

    def _note(self, kind: str, action: str, name: str) -> None:
        self.resolved[kind, action] += 1
        self.examples.setdefault((kind, action), []).append(name)


def _adopt(twin: Feature, head: Feature, features: list[Feature]) -> None:
    """Make features those of another gene at the same place; the lost locus tag becomes an old one of it."""
    tag, lost = twin.value("locus_tag"), head.value("locus_tag")
    if lost and lost != tag:
        twin.qualifiers.append(("old_locus_tag", lost))
    name = twin.value("gene")
    for feature in features:
        feature.qualifiers = [
            *([("locus_tag", tag)] if tag else []),
            *([("gene", name)] if name else []),
            *(pair for pair in feature.qualifiers if pair[0] not in ("locus_tag", "gene")),
        ]
    twin.location = replace(
        twin.location,
        missing_5=twin.location.missing_5 or head.location.missing_5,
        missing_3=twin.location.missing_3 or head.location.missing_3,
    )


class _Gene:
    """The features of one gene."""

    def __init__(self, conversion: Conversion, entry: Entry, gene: Gene, code: int, gaps: list[Part]):
        self.conversion, self.entry, self.gene, self.code, self.gaps = conversion, entry, gene, code, gaps
        self.length = len(entry.letters)
        self.circle = gene.circle
        self.missing = ""
        tag = conversion.tags.of(gene)
        self.shared: list[tuple[str, str | None]] = [("locus_tag", tag)] if tag else []
        self.coding = any(model.cds for model in gene.transcripts)
        if name := self._symbol():
            self.shared.append(("gene", name))

    def _symbol(self) -> str:
        found = self.gene.attributes
        name = found.get("gene") or (found.get("Name", "") if self.coding else "")
        return clean_name(name) if name != self.gene.id else ""

    def features(self) -> list[Feature]:
        """The gene first, then its transcripts; none when nothing of it is left."""
        below: list[Feature] = []
        pseudo = [model for model in self.gene.transcripts if "pseudo" in model.attributes]
        stops: list[tuple[Transcript, list[Feature]]] = []
        for model in ordered(self.gene):
            if "pseudo" in model.attributes:
                continue
            if model.cds:
                pair = self._coding(model)
                if pair and pair[1].has("pseudogene"):
                    stops.append((model, pair))
                    continue
                below += pair
            elif feature := self._noncoding(model):
                below.append(feature)
        said = list(self.shared)
        if not below and stops:
            below = [pair[1] for _, pair in stops]
            said.append(("pseudogene", "unknown"))
        elif not below and pseudo:
            said.append(("pseudogene", self._pseudogene(pseudo)))
        elif not below:
            return []
        old = [
            *self.gene.attributes.get("old_locus_tag", "").split(","),
            *self.conversion.tags.old.get(self.gene.id, []),
        ]
        said += [("old_locus_tag", tag) for tag in dict.fromkeys(old) if tag]
        place = location_of(
            [(self.gene.start, self.gene.end)], self.gene.strand, self._open_ends(), self.circle
        )
        return [Feature("gene", place, said), *below]

    def _open_ends(self) -> str:
        return "".join(sorted(set(self.missing)))

    def _pseudogene(self, models: Sequence[Transcript]) -> str:
        for found in (self.gene.attributes, *(model.attributes for model in models)):
            if found.get("pseudogene") in _PSEUDOGENES:
                return found["pseudogene"]
        return "unknown"

    def _missing(self, model: Transcript, missing: str) -> None:
        """Note which ends of the gene are open as this transcript's are."""
        low, high = ("3", "5") if model.strand == "-" else ("5", "3")
        if low in missing and model.start == self.gene.start:
            self.missing += low
        if high in missing and model.end == self.gene.end:
            self.missing += high

    def _coding(self, model: Transcript) -> list[Feature]:
        """mRNA and CDS of a transcript; none when it is left out."""
        conversion, found = self.conversion, model.attributes
        cds = self._cds(model)
        if (
            self.gaps
            and over_gap(cds.location, self.gaps)
            and self._is_left_out("gap_in_cds", model, "lies over a gap")
        ):
            return []
        slips, artificial = cds.has("ribosomal_slippage"), cds.has("artificial_location")
        if not slips and not artificial:
            short = [end - start for start, end in introns(model.cds) if end - start < MIN_INTRON]
            if short:
                if self._is_left_out("short_intron", model, f"an intron of {min(short)} bp"):
                    return []
                if conversion.action("short_intron") == "artificial":
                    cds.qualifiers.append(("artificial_location", LOW_QUALITY))
        missing = set(found.get("partial", "").split(",")) & {"5", "3"} | ({"5"} if model.phase else set())
        if not self._read(cds, model, missing):
            return []
        ends = "".join(sorted(missing))
        cds.location = replace(cds.location, missing_5="5" in missing, missing_3="3" in missing)
        if model.phase or "5" in missing:
            cds.qualifiers.append(("codon_start", str(model.phase + 1)))
        cds.qualifiers.append(("transl_table", str(self.code)))
        self._missing(model, ends)
        place = location_of(model.exons, model.strand, ends, self.circle)
        product = cds.value("product")
        mrna = Feature("mRNA", place, [*self.shared, *([("product", product)] if product else [])])
        return [mrna, cds]

    def _cds(self, model: Transcript) -> Feature:
        found = model.attributes
        product = clean_product(found.get("product", ""))
        said = [*self.shared, ("product", product)]
        if product != HYPOTHETICAL:
            said += [("EC_number", ec) for ec in found.get("ec_number", "").split(",") if ec]
        references = [*found.get("Dbxref", "").split(","), *found.get("Ontology_term", "").split(",")]
        for reference in dict.fromkeys(references):
            database, colon, name = reference.partition(":")
            if colon and name and database != "protein":
                said.append(("db_xref", f"{_DATABASES.get(database, database)}:{name}"))
        if inference := _INFERENCES.get(found.get("model_source", model.source).lower()):
            said.append(("inference", inference))
        exception = found.get("exception", "")
        if re.search(r"(?i)slippage|frameshift", exception):
            said.append(("ribosomal_slippage", None))
        elif exception == LOW_QUALITY:
            said.append(("artificial_location", LOW_QUALITY))
        elif exception in _EXCEPTIONS:
            said.append(("note", exception))  # /exception needs a /translation, which no gene model has
        recoded = found.get("transl_except", "")
        said += [("transl_except", one) for one in re.findall(_RECODED, recoded)]
        return Feature("CDS", location_of(model.cds, model.strand, circle=self.circle), said)

    def _read(self, cds: Feature, model: Transcript, missing: set[str]) -> bool:
        """Whether a CDS is kept after a look at how it reads; adds the ends that it lacks to `missing`."""
        start = cds.qualifiers + [("codon_start", str(model.phase + 1))]
        reading = read_cds(Feature("CDS", cds.location, start), self.entry.letters, self.code)
        if reading.internal_stops:
            text = f"{reading.internal_stops} stop codons within"
            if self._is_left_out("internal_stop", model, text):
                return False
            if self.conversion.action("internal_stop") == "pseudogene":
                cds.qualifiers = [
                    ("note", value) if name == "product" else (name, value)
                    for name, value in cds.qualifiers
                    if name != "EC_number"
                ] + [("pseudogene", "unknown")]
            return True
        lacks = []
        if reading.rest and not missing:
            lacks.append(("frame", "3"))
        if not reading.start and "5" not in missing:
            lacks.append(("no_start", "5"))
        if reading.stop:
            missing.discard("3")
        elif "3" not in missing and not (reading.rest and lacks):
            lacks.append(("no_stop", "3"))
        kept = [self._may_be_partial(kind, model, missing, end) for kind, end in lacks]
        return all(kept)

    def _may_be_partial(self, kind: str, model: Transcript, missing: set[str], end: str) -> bool:
        if self._is_left_out(kind, model, ""):
            return False
        if self.conversion.action(kind) == "partial":
            missing.add(end)
        return True

    def _is_left_out(self, kind: str, model: Transcript, text: str) -> bool:
        return self.conversion._resolve(kind, model.id, text) in ("drop", "refuse")

    def _noncoding(self, model: Transcript) -> Feature | None:
        """The RNA feature of a transcript without a CDS; None for an mRNA, which ENA would ignore."""
        found = model.attributes
        place = location_of(model.exons, model.strand, found.get("partial", ""), self.circle)
        self._missing(model, found.get("partial", ""))
        product = found.get("product", "")
        said = list(self.shared)
        if key := _RNA_KEYS.get(model.type):
            said += _trna(model, product, place, self.entry.letters, self.code) if key == "tRNA" else (
                [("product", product)] if product else []
            )  # fmt: skip
        elif name := _NCRNA_CLASSES.get(model.type) or _NCRNA_CLASSES.get(found.get("biotype", "")):
            key = "ncRNA"
            said += [("ncRNA_class", name), *([("product", product)] if product else [])]
        elif model.type == "mRNA" or self.coding:
            self.conversion._note("no_cds", "drop", model.id)
            return None
        else:
            key = "misc_RNA"
            said.append(("product", product or f"{model.type} {model.id}".replace("_", " ")))
        for reference in found.get("Dbxref", "").split(","):
            if ":" in reference:
                said.append(("db_xref", reference))
        if inference := _INFERENCES.get(model.source.lower()):
            said.append(("inference", inference))
        return Feature(key, place, said)


def _trna(
    model: Transcript, product: str, place: Location, sequence: bytes, code: int
) -> list[tuple[str, str | None]]:
    """Product and anticodon of a tRNA; the anticodon only where it can be placed without doubt."""
    match = re.match(r"tRNA-(f?[iA-Z][A-Za-z]{2,3})", product)
    residue = match[1] if match else "Xxx"
    said: list[tuple[str, str | None]] = [("product", f"tRNA-{residue}")]
    amino_acid = "Met" if residue in ("fMet", "iMet") else residue
    anticodon = model.attributes.get("anticodon", "").upper().replace("U", "T").encode()
    if span := anticodon_place(place, sequence, anticodon, amino_acid, code):
        text = str(Location((span,)))
        said.append(("anticodon", f"(pos:{text},aa:{amino_acid},seq:{anticodon.decode().lower()})"))
    return said


def anticodon_place(
    place: Location, sequence: bytes, anticodon: bytes, amino_acid: str, code: int
) -> tuple[int, int, str] | None:
    """Where the anticodon of a tRNA stands, as a span; None when it is not certain.

    The anticodon is followed by the intron, if there is one, and lies behind a pyrimidine (U33). It must be
    the only such place in the anticodon loop, and read as the amino acid.
    """
    if len(anticodon) != 3 or translate(reverse_complement(anticodon), code) != protein_letters_3to1.get(
        amino_acid
    ):
        return None
    letters = place.letters(sequence).upper()
    at = [i for i in _ANTICODON if letters[i : i + 3] == anticodon and letters[i - 1 : i] in (b"T", b"C")]
    if len(at) > 1:
        # Both arms of the stem pair only around the right one.
        at = [i for i in at if _has_stem(letters, i)]
    if len(at) != 1:
        return None
    read = at[0]
    for start, end, strand in place.spans:
        if read + 3 <= end - start:
            low = start + read if strand == "+" else end - read - 3
            return low, low + 3, strand
        read -= end - start
        if read < 0:
            return None
    return None


def _has_stem(letters: bytes, anticodon: int) -> bool:
    """Whether at least four of the five pairs of the anticodon stem form, without an intron in the loop."""
    left, right = letters[anticodon - 7 : anticodon - 2], letters[anticodon + 5 : anticodon + 10]
    pairs = sum(one + other in ("AT", "TA", "CG", "GC", "GT", "TG") for one, other in
                zip(left.decode(), reversed(right.decode()), strict=False))  # fmt: skip
    return pairs >= 4
