"""Checks of annotated sequences before ENA sees them: what it refuses, and what it repairs without a word.

The classes are those of `findings.KINDS`; they follow ENA's open validator (enasequence/sequencetools) as
webin-cli runs it, which repairs what it can and reports only what is left.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from Bio.Data.IUPACData import protein_letters_1to3

from linnaea.assembly.chromosome_lists import MAX_SEQUENCE_NAME, Chromosome
from linnaea.formats.gene_models import translate
from linnaea.formats.genetic_codes import is_mitochondrion
from linnaea.submission import vocabulary
from linnaea.submission.embl import FlatEntry
from linnaea.submission.entries import Entry, Feature, code_in
from linnaea.submission.findings import Findings
from linnaea.submission.gene_features import MIN_GAP, MIN_INTRON, gap_runs, over_gap
from linnaea.submission.location import Location, LocationError, read_location
from linnaea.submission.reading import is_read, protein, read_cds

MIN_SEQUENCE = 20
_GAPS = ("assembly_gap", "gap")
_ODD_NAME = re.compile(r"""[\s'"\\/;,|]""")
_ANTICODON = re.compile(r"\(pos:(.+?),\s*aa:([A-Za-z]+)(?:,\s*seq:([A-Za-z]+))?\)")
# tRNAs that read a stop codon.
_RECODED = ("Sec", "Pyl")
_RESIDUES = {**protein_letters_1to3, "*": "TERM"}


@dataclass
class AssemblyCheck:
    """Checks of the sequences of an assembly, one after the other, and then of them all.

    `prefixes` are the registered ones of locus tags; without them the first seen counts. `code` and
    `mito_code` are the organism's genetic codes. `chromosomes` is None without a chromosome list.
    """

    findings: Findings
    file: str = ""
    prefixes: Collection[str] = ()
    organism: str = ""
    code: int = 1
    mito_code: int | None = None
    chromosomes: Mapping[str, Chromosome] | None = None
    unlocalised: Mapping[str, str] = field(default_factory=dict)
    shortest_gap: int = MIN_GAP
    names: dict[str, int] = field(default_factory=dict)

    def _add(self, kind: str, place: str, text: str = "", line: int = 0) -> None:
        self.findings.add(kind, self.file, place, text, line)

    # A sequence

    def check(self, entry: Entry) -> None:
        """Add what is wrong in one sequence and its features."""
        runs = self.check_sequence(entry)
        if isinstance(entry, FlatEntry):
            self._check_lines(entry)
        self._check_gaps(entry, runs)
        gaps = [run for run in runs if run[1] - run[0] >= self.shortest_gap]
        code = self._code(entry)
        genes = {feature.value("locus_tag") for feature in entry.of_key("gene")}
        tagged: dict[str, set[str]] = defaultdict(set)
        places: dict[tuple[str, Location], Feature] = {}
        counted: dict[str, int] = defaultdict(int)
        for feature in entry.features:
            where = self._place(entry, feature)
            if feature.location.end > len(entry.letters):
                text = f"{feature.location} on {len(entry.letters)} bp"
                self._add("beyond_end", where, text, feature.line)
                continue
            self._check_qualifiers(feature, where)
            self._check_duplicate(feature, where, places)
            if tag := feature.value("locus_tag"):
                self._check_tag(feature, tag, where)
                if feature.key == "gene":
                    counted[tag] += 1
                    if counted[tag] == 2:
                        self._add("gene_twice", where, "", feature.line)
                elif genes and tag not in genes and feature.key in ("mRNA", "CDS"):
                    self._add("tag_suffix", where, "", feature.line)
                if name := feature.value("gene"):
                    tagged[tag].add(name)
            if feature.key == "CDS":
                self._check_cds(entry, feature, where, code, gaps)
            elif feature.key == "tRNA" and feature.has("anticodon"):
                self._check_anticodon(entry, feature, where, code)
            elif feature.key == "source" and self.organism and feature.value("organism") != self.organism:
                self._add(
                    "organism",
                    entry.name,
                    f"{feature.value('organism')}, expected {self.organism}",
                    feature.line,
                )
        for tag, names in tagged.items():
            if len(names) > 1:
                self._add("locus_names", tag, " and ".join(sorted(names)))
        self._check_exons(entry)
        self._check_genes(entry)

    def check_sequence(self, entry: Entry) -> list[tuple[int, int]]:
        """Add what is wrong in the name and the letters of a sequence; its runs of N."""
        self._check_name(entry)
        return self._check_letters(entry)

    def _place(self, entry: Entry, feature: Feature) -> str:
        tag = feature.value("locus_tag")
        if tag:
            return f"{tag} ({feature.key})"
        return f"{feature.key} at {feature.location.start + 1} of {entry.name or 'a sequence without a name'}"

    def _check_name(self, entry: Entry) -> None:
        line = entry.line if isinstance(entry, FlatEntry) else 0
        name = _ODD_NAME.sub("", entry.name)
        if not entry.name:
            self._add("sequence_name", f"line {line}", "the entry has no AC * line", line)
        elif len(entry.name) > MAX_SEQUENCE_NAME:
            self._add("sequence_name", entry.name, f"{len(entry.name)} characters", line)
        if _ODD_NAME.search(entry.name):
            self._add("name_letters", entry.name, "", line)
        if name and name in self.names:
            self._add("sequence_name_twice", entry.name, "", line)
        self.names[name] = len(entry.letters)

    def _check_lines(self, entry: FlatEntry) -> None:
        for line, kind, text in entry.faults:
            self._add("not_read" if kind == "location" else kind, entry.name, text, line)
        if entry.said_bp is not None and entry.said_bp != len(entry.letters):
            text = f"{entry.said_bp} in the ID line, {len(entry.letters)} bp in the sequence"
            self._add("id_length", entry.name, text, entry.line)
        one = (self.chromosomes or {}).get(entry.name)
        if entry.circular and not one:
            self._add("circular_unlisted", entry.name, "", entry.line)
        if one and entry.topology and entry.topology != one.topology.lower():
            text = f"{entry.topology} in the ID line, {one.topology.lower()} in the chromosome list"
            self._add("topology", entry.name, text, entry.line)

    def _check_letters(self, entry: Entry) -> list[tuple[int, int]]:
        """Check the letters of a sequence; its runs of N."""
        letters = entry.letters
        if len(letters) < MIN_SEQUENCE:
            self._add("short_sequence", entry.name, f"{len(letters)} bp")
        gaps = gap_runs(letters, 1)
        if letters and gaps and gaps[0] == (0, len(letters)):
            self._add("all_n", entry.name)
        elif gaps and (gaps[0][0] == 0 or gaps[-1][1] == len(letters)):
            self._add("end_n", entry.name)
        return gaps

    def _check_gaps(self, entry: Entry, runs: list[tuple[int, int]]) -> None:
        known = {(f.location.start, f.location.end) for f in entry.of_key(*_GAPS)}
        # Files without any feature are FASTA or the like: ENA makes their gaps.
        for start, end in runs:
            if end - start > self.shortest_gap and (start, end) not in known and entry.features:
                self._add("gap_missing", entry.name, f"{start + 1} to {end}")
        every = set(runs)
        for place in sorted(known - every):
            self._add("gap_place", entry.name, f"{place[0] + 1} to {place[1]}")

    def _code(self, entry: Entry) -> int | None:
        one = (self.chromosomes or {}).get(entry.name)
        code = code_in(one.location if one else "", self.code, self.mito_code)
        if code is None and any(entry.of_key("CDS")):
            self._add("code_unknown", entry.name)
        return code

    # Features

    def _check_qualifiers(self, feature: Feature, where: str) -> None:
        key, line = feature.key, feature.line
        allowed = vocabulary.ALLOWED.get(key)
        if allowed is None:
            self._add("key", where, key, line)
            return
        names = set()
        for name, value in feature.qualifiers:
            names.add(name)
            if name not in allowed:
                if name in vocabulary.QUALIFIERS:
                    self._add("qualifier_place", where, f"/{name}", line)
                else:
                    self._add("qualifier", where, f"/{name}", line)
                continue
            if value is None:
                continue
            if name in _CHECKED:
                self._check_value(feature, name, value, where)
            if not value.isascii():
                self._add("not_ascii", where, f"/{name}={value}", line)
        for name in vocabulary.MANDATORY.get(key, ()):
            if name not in names:
                self._add("qualifier_missing", where, f"/{name}", line)
        if key == "assembly_gap":
            linked = feature.value("gap_type").lower() in vocabulary.LINKED
            if linked != feature.has("linkage_evidence"):
                kind = "gap_linkage" if linked else "gap_evidence"
                self._add(kind, where, feature.value("gap_type"), line)
        if key == "CDS" and "product" not in names and not names & {"pseudo", "pseudogene"}:
            self._add("no_product", where, "", line)
        if "product" in names and names & {"pseudo", "pseudogene"}:
            self._add("product_of_pseudogene", where, "", line)

    def _check_value(self, feature: Feature, name: str, value: str, where: str) -> None:
        values, pattern = vocabulary.VALUES.get(name), vocabulary.PATTERNS.get(name)
        said = value.partition(":")[0] if name == "mobile_element_type" else value
        if (values and said.strip().lower() not in values) or (pattern and not pattern.fullmatch(value)):
            self._add("value", where, f"/{name}={value}", feature.line)
        elif name == "protein_id" and not vocabulary.PROTEIN_ID.fullmatch(value):
            self._add("protein_id", where, value, feature.line)
        elif name == "product" and vocabulary.EC_IN_TEXT.search(value):
            self._add("ec_in_product", where, value, feature.line)

    def _check_duplicate(
        self, feature: Feature, where: str, places: dict[tuple[str, Location], Feature]
    ) -> None:
        if feature.key in vocabulary.MAY_REPEAT:
            return
        twin = places.setdefault((feature.key, feature.location), feature)
        if twin is not feature:
            other = twin.value("locus_tag")
            self._add(
                "duplicate", where, f"{feature.location}{f', as {other}' if other else ''}", feature.line
            )

    def _check_tag(self, feature: Feature, tag: str, where: str) -> None:
        prefix = tag.partition("_")[0]
        if not self.prefixes:
            self.prefixes = (prefix.upper(),)
        if prefix in self.prefixes and not re.search(r"\s", tag) and "_" in tag:
            return
        if prefix.upper() in self.prefixes and "_" in tag and not re.search(r"\s", tag):
            self._add("tag_case", where, tag, feature.line)
        else:
            expected = ", ".join(self.prefixes)
            self._add("locus_tag", where, f"{tag} does not begin with {expected} and _", feature.line)

    def _check_cds(
        self, entry: Entry, feature: Feature, where: str, code: int | None, gaps: list[tuple[int, int]]
    ) -> None:
        table, line = feature.value("transl_table"), feature.line
        if table.isdecimal():
            if code is not None and int(table) != code:
                hint = ""
                if self.chromosomes is not None or is_mitochondrion(entry.name):
                    hint = f"; the chromosome list gives {entry.name} no such organelle"
                self._add("transl_table", where, f"/transl_table={table}, expected {code}{hint}", line)
            code = int(table)
        if not feature.has("ribosomal_slippage", "trans_splicing", "pseudo", "pseudogene"):
            self._check_parts(feature, where)
        if feature.has("exception") and not feature.has("translation"):
            self._add("exception", where, feature.value("exception"), line)
        if feature.location.bp < 3 and not feature.location.missing_5 and not feature.location.missing_3:
            self._add("cds_length", where, f"{feature.location.bp} bp", line)
        if code is None or not is_read(feature) or feature.location.bp < 3:
            return
        if gaps and over_gap(feature.location, gaps):
            self._add("gap_in_cds", where, "", line)
        reading = read_cds(feature, entry.letters, code)
        if feature.has("translation") and feature.value("translation") != protein(
            feature, entry.letters, code
        ):
            self._add("translation", where, "", line)
        open_5, open_3 = feature.location.missing_5, feature.location.missing_3
        if reading.internal_stops:
            count = reading.internal_stops
            self._add("internal_stop", where, f"{count} stop codon{'s' if count > 1 else ''} within", line)
        if feature.value("codon_start") in ("2", "3") and not open_5:
            self._add("codon_start", where, "", line)
        elif not reading.start and not open_5:
            self._add("no_start", where, "", line)
        if reading.rest and not open_5 and not open_3:
            self._add("frame", where, f"{feature.location.bp} bp", line)
        if reading.stop and open_3:
            self._add("stop_at_open_end", where, "", line)
        elif not reading.stop and not open_3:
            self._add("no_stop", where, "", line)

    def _check_parts(self, feature: Feature, where: str) -> None:
        """Short introns and overlapping parts of a CDS."""
        spans = sorted((start, end) for start, end, _ in feature.location.spans)
        if len(spans) < 2:
            return
        gaps = [right[0] - left[1] for left, right in pairwise(spans)]
        short = [gap for gap in gaps if 0 <= gap < MIN_INTRON]
        if short and not feature.has("artificial_location"):
            self._add("short_intron", where, f"{min(short)} bp", feature.line)
        if min(gaps) < 0:
            self._add("cds_overlap", where, "", feature.line)

    def _check_anticodon(self, entry: Entry, feature: Feature, where: str, code: int | None) -> None:
        text = feature.value("anticodon")
        match = _ANTICODON.fullmatch(text.replace(" ", ""))
        try:
            place = read_location(match[1]) if match else None
        except LocationError:
            place = None
        if match is None or place is None or place.end > len(entry.letters):
            self._add("anticodon", where, f"{text} cannot be read", feature.line)
            return
        bases = place.letters(entry.letters).lower().decode()
        inside = feature.location.start <= place.start and place.end <= feature.location.end
        if len(bases) != 3 or not inside or (match[3] and match[3].lower() != bases):
            self._add("anticodon", where, f"{text}: the sequence has {bases}", feature.line)
            return
        codon = Location(((0, 3, "-"),)).letters(bases.encode())
        residue = _RESIDUES.get(translate(codon, code or 1), "")
        if residue != match[2] and match[2] not in _RECODED:
            self._add("anticodon", where, f"{bases} is that of {residue}, not {match[2]}", feature.line)

    def _check_exons(self, entry: Entry) -> None:
        exons = sorted(entry.of_key("exon"), key=lambda exon: exon.location.start)
        for left, right in pairwise(exons):
            if right.location.start != left.location.end:
                continue
            tags = [(one.value("gene"), one.value("locus_tag")) for one in (left, right)]
            names, loci = zip(*tags, strict=True)
            told_apart = all(names) or all(loci)
            same = names[0].lower() == names[1].lower() if all(names) else loci[0].lower() == loci[1].lower()
            if same or not told_apart:
                self._add("abutting_exons", self._place(entry, right), "", right.line)

    def _check_genes(self, entry: Entry) -> None:
        """Locus tags of an entry as a whole, genes that ENA drops, mRNA that it ignores."""
        annotated = [f for f in entry.features if f.key not in ("source", *_GAPS)]
        if not annotated:
            return
        spared = any(f.key in ("repeat_region", "misc_feature") for f in annotated)
        if not spared and not any(f.has("locus_tag") for f in annotated):
            self._add("locus_tag_missing", entry.name)
        parts = {
            (f.value("locus_tag"), f.location)
            for f in annotated
            if f.key in ("CDS", "mRNA", "tRNA", "rRNA", "ncRNA")
        }
        coding = {f.value("locus_tag") for f in annotated if f.key == "CDS"}
        for feature in annotated:
            tag = feature.value("locus_tag")
            if feature.key == "gene" and (tag, feature.location) in parts:
                self._add("gene_on_part", f"{tag} (gene)", "", feature.line)
            elif feature.key == "mRNA" and tag not in coding and not feature.has("pseudo", "pseudogene"):
                self._add("no_cds", f"{tag} (mRNA)", "", feature.line)

    # All of them

    def finish(self) -> None:
        """Add what is wrong in the lists beside the sequences."""
        for sequence in (*(self.chromosomes or ()), *self.unlocalised):
            if sequence not in self.names:
                self._add("list_sequence", sequence)
        if self.chromosomes is None and len(self.names) == 1:
            self._add("sequence_count", next(iter(self.names)))


_CHECKED = frozenset((*vocabulary.VALUES, *vocabulary.PATTERNS, "protein_id", "product"))
