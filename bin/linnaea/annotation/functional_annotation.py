"""Functions of proteins from search tables, merged into a GFF3: names, products, GO terms, references.

A transcript takes product and gene name of its best hit (bit score; ties by UniProt's level of evidence,
then name) at 60 % identity or more over 60 % of its protein (the thresholds of funannotate,
library.SwissProtBlast), "putative" and no gene name from 35 % identity (genepal's default) over half of it;
else eggNOG-mapper's description makes it putative, else a domain names it ("… domain-containing protein"),
else it is a hypothetical protein. Products keep to what ENA's validator accepts (no quotes, no primes, no EC
numbers, ASCII) and to the International Protein Nomenclature Guidelines (no species, no identifiers, no
"similar to" or "homologue", lower case): see RULES and EDGES.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.formats.gff3 import attributes, decoded, escaped, is_pseudo
from linnaea.formats.sequences import byte_blocks

HIT_COLUMNS = (
    "qseqid", "sseqid", "pident", "length", "mismatch", "gapopen", "qstart", "qend", "sstart", "send",
    "evalue", "bitscore", "stitle",
)  # fmt: skip
TABLE_COLUMNS = (
    "gene", "transcript", "locus_tag", "name", "product", "basis", "hit", "identity_pct", "coverage_pct",
    "evalue", "bitscore", "interpro", "pfam", "go", "ec_number",
)  # fmt: skip
MAX_EVALUE = 1e-6
MAX_DOMAIN_EVALUE = 1e-5
NAMED = (60.0, 60.0)  # identity and coverage in per cent
PUTATIVE = (35.0, 50.0)
MAX_PRODUCT = 200
HYPOTHETICAL = "hypothetical protein"

_GREEK = {
    letter: unicodedata.name(letter).split()[-1].lower() for letter in map(chr, range(ord("α"), ord("ω") + 1))
}
_PRIMES = str.maketrans({"′": "'", "’": "'", "‘": "'", "`": "'", "″": '"', "”": '"', "“": '"'})
# Accessions, gene models, clones and loci of databases, which name a record and not a protein. UPF and DUF
# families have numbers of their own.
_IDENTIFIER = re.compile(
    r"""(?x)(?<![\w.-])(?:
    (?:sp|tr|gi|ref|gb|emb|dbj|lcl|gnl|pdb)\|\S+
    | (?=(?:[A-Z]*\d){3})(?:[OPQ]\d[A-Z0-9]{3}\d | [A-NR-Z]\d(?:[A-Z][A-Z0-9]{2}\d){1,2})  # UniProt
    | [ANXYW]P_\d+(?:\.\d+)? | [NX][MR]_\d+(?:\.\d+)?  # RefSeq
    | \d+_\d+:[0-9a-f]+ | \d+at\d+ | (?:EOG|KOG|COG|arCOG|OG)\w*\d{4,}\w*  # OrthoDB, orthologous groups
    | (?:PF|IPR|PTHR|TIGR|SM|SSF|cd|GO:|K)\d{5,}(?:\.\d+)?  # families and terms
    | LOC\d+ | (?i:C[GR]\d{3,5}|At[1-5CM]g\d{5})(?:-P[A-Z]|\.\d+)?  # NCBI, FlyBase, TAIR
    | Y[A-P][LR]\d{3}[CW](?:-[A-Z])? | SP[ABC]C\w+\.\w+  # yeasts
    | [A-Z]{1,2}\d{1,3}[A-Z]\d{1,2}\.\d+[a-z]?  # cosmids of the worm
    | (?!DUF|UPF)[A-Za-z]{1,14}[_:]?\d{5,}(?:[.\w-]*\w)?  # AGAP001234-PA, ENSP00000369497, LD00186, GH12345p
    | \S*(?:-mRNA-|augustus|maker-|TRINITY_|evm\.|scaffold|contig)\S* | j?g\d+\.t\d+  # predictions
    )(?!\w)"""
)
_SPECIES = (
    r"(?:[A-Z][a-z]{3,} [a-z]{3,}|[A-Z]\. ?[a-z]{3,}|Drosophila|Arabidopsis|Xenopus|Saccharomyces"
    r"|(?i:yeast|human|mouse|rat|zebrafish|chicken|fruit fly|rice|maize))"
)
# What the International Protein Nomenclature Guidelines and INSDC want of a product, in the order in which it
# is brought about: rule, what offends it, what is put there. "edge" rules are tried until none applies.
RULES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (rule, re.compile(pattern) if isinstance(pattern, str) else pattern, said)
    for rule, pattern, said in (
        ("no labels of UniProt", r"RecName: Full=|AltName:.*", ""),
        ("no key=value pairs", r"\[?\b\w[\w.-]*=(\"[^\"]*\"|[^\s\]]+)\]?", ""),
        (
            "no EC number",
            r"[\s,]*[(\[{]?\b(EC|ec)[ :=]*\d+(\.(n?\d+|-)){1,3}[)\]}]?|[(\[]\d+\.\d+\.\d+\.(n?\d+|-)[)\]]",
            "",
        ),
        ("no species in brackets", r"\s*\[[A-Z][a-z]+ [^\[\]]*\]\s*$", ""),  # [Cu-Zn] stays
        ("no species in parentheses", rf"\s*\({_SPECIES}[^()]*\)", ""),
        (
            "no species before the name",
            r"^(?:[A-Z]\. [a-z]{3,}|[A-Z][a-z]{3,} "
            r"(?:melanogaster|thaliana|elegans|cerevisiae|pombe|coli|sapiens|musculus|rerio)) ",
            "",
        ),
        ("no quotes", r"(^|[\s(])(['\"])([^'\"]*)\2(?=$|[\s),.;])", r"\1\3"),
        ("double primes in words", r"(?<=\w)(?:''|\"(?=-))", "-double-prime"),
        ("primes in words", r"(?<=\w)'(?=[-,\s()]|$)", "-prime"),
        ("no quotes left over", r"[\"'<>]", ""),
        ("no identifiers of databases", _IDENTIFIER, ""),
        ("no separators", r"[|;=\t{}]+", " "),
        ("no empty parentheses", r"\s*(\(\s*\)|\[\s*\])", ""),
        ("single spaces", r"\s+", " "),
    )
)
_RELATION = r"(?:(?:homolog|ortholog|paralog)(?:ue|ous)?s?)"
EDGES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (rule, re.compile(pattern))
    for rule, pattern in (
        (
            "no status before the name",
            r"(?i)^(predicted|putative|probable|possible|likely|low quality protein"
            r"|((strong|weak)ly )?similar(ity)? to|related to|unnamed protein product)\b[:;,]?\s*",
        ),
        ("no relation before the name", rf"(?i)^({_RELATION} (of|to)( the)?|{_RELATION}:?)(\s+|$)"),
        (
            "no isoform",
            r"(?i)((^|,\s*)isoform [\w.-]+|[\s,;]+isoform X\d+|[\s,;]+transcript variant [\w.-]+)$",
        ),
        (
            "no status after the name",
            r"(?i)[\s,;]*(\((fragments?|partial|predicted|putative)\)|,? partial( cds)?|\bprecursor"
            r"|,? putative|\bcds\b|\bgene product)$",
        ),
        ("no relation after the name", rf"(?i)[\s,;]+\(?{_RELATION}\)?( [A-Z\d]+)?$"),
    )
)
_UNCERTAIN = re.compile(rf"(?i)putative|probable|possible|likely|similar|{_RELATION} (of|to)|related to")
_EMPTY = re.compile(
    r"(?i)^((conserved )?(hypothetical|uncharacteri[sz]ed|predicted|expressed|unknown|unnamed|novel)\b.*"
    r"|protein of unknown function.*|unknown( protein)?|((the )?(gene|protein|product|clone|cDNA|locus)s? ?)+"
    r"|.{0,2}|[\d.\s-]+|-?(like|related)( protein)?|(domain|repeat)-containing protein|family protein"
    r"|(?-i:.*\bDUF\d+\b.*)|orf\S*|cDNA.*)$"
)
# Proper names, which keep their capital at the beginning of a product.
_PROPER = frozenset((
    "Alzheimer", "Alzheimers", "Angelman", "Bardet", "Batten", "Bloom", "Bowman", "Cajal", "Cockayne",
    "Ewing", "Fanconi", "Golgi", "Hermansky", "Holliday", "Huntington", "Huntingtons", "Joubert", "Kazal",
    "Krebs", "Kunitz", "Lowe", "Niemann", "Norrie", "Notch", "Okazaki", "Parkinson", "Parkinsons", "Polycomb",
    "Prader", "Rieske", "Sertoli", "Shwachman", "Sjogren", "Toll", "Treacher", "Usher", "Werner", "Williams",
    "Wilms", "Wilson", "Wiskott", "Wolf", "Zellweger",
))  # fmt: skip
_SENTENCE = re.compile(
    r"^(It|The|This|In|May|Is|Component of|Belongs|Part of|Required|Involved|Specifically|Catalyzes"
    r"|Plays|Participates|Acts|Binds|Mediates|Promotes|Regulates|Functions|Converts|Cleaves|Hydrolyzes) "
    r"| (is|are|that|which|described|involved) |[.]\s"
)
_LOCUS_LIKE = re.compile(
    r"(?i)^(LOC\d+|CG\d+|CR\d+|At[1-5MC]g\d+.*|Y[A-P][LR]\d{3}[CW](-[A-Z])?|SP[ABC]C.*|AGAP\d+|ORF.*"
    r"|.*_\d{3,}|[A-Z]{1,4}\d{5,}.*|C\d+orf\d+|\S*[;:|/]\S*)$"
)
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{2,11}")
_EC_NUMBER = re.compile(r"\d+(\.(\d+|-)){2}\.(n?\d+|-)")
_GO = re.compile(r"GO:\d{7}")


@dataclass(slots=True)
class Hit:
    """One hit of a protein; `identity` in per cent, `start` and `end` on the protein (1-based)."""

    target: str
    identity: float
    start: int
    end: int
    evalue: float
    score: float
    title: str = ""


@dataclass(slots=True)
class Function:
    """What the tables say of one protein; lists keep the order of appearance."""

    hit: Hit | None = None
    interpro: dict[str, str] = field(default_factory=dict)
    pfam: dict[str, str] = field(default_factory=dict)
    go: dict[str, None] = field(default_factory=dict)
    ec: dict[str, None] = field(default_factory=dict)
    name: str = ""
    description: str = ""


def _table(path: str | Path, least: int, what: str) -> Iterator[list[str]]:
    """Columns of the lines of a table (comments kept out); InputError for a line with too few."""
    rest, number = "", 0
    for block in _text(path):
        lines = (rest + block).split("\n")
        rest = lines.pop()
        for line in lines:
            number += 1
            if line and line[0] != "#":
                row = line.rstrip("\r").split("\t")
                if len(row) < least:
                    raise InputError(f"{path}, line {number}: {len(row)} columns, {what} has {least} or more")
                yield row
    if rest and rest[0] != "#":
        row = rest.split("\t")
        if len(row) < least:
            raise InputError(f"{path}, line {number + 1}: {len(row)} columns, {what} has {least} or more")
        yield row


def _text(path: str | Path) -> Iterator[str]:
    if Path(path).stat().st_size == 0:  # no hit at all
        return
    for block in byte_blocks(path):
        yield block.decode("latin-1")


def best_hits(
    paths: Iterable[str | Path], columns: Sequence[str] = HIT_COLUMNS, max_evalue: float = MAX_EVALUE
) -> dict[str, list[Hit]]:
    """Hits of the best bit score of each query (several when they tie), from BLAST or DIAMOND --outfmt 6."""
    wanted = ("qseqid", "sseqid", "pident", "qstart", "qend", "evalue", "bitscore")
    lacking = [name for name in wanted if name not in columns]
    if lacking:
        raise InputError(f"the hit columns lack {', '.join(lacking)}; run the search with them")
    q, s, identity, start, end, evalue, score = (list(columns).index(name) for name in wanted)
    title = list(columns).index("stitle") if "stitle" in columns else 10**6
    least = max(q, s, identity, start, end, evalue, score) + 1
    best: dict[str, list[Hit]] = {}
    for path in paths:
        for row in _table(path, least, "the hit table"):
            try:
                if (bits := float(row[score])) < 0 or float(row[evalue]) > max_evalue:
                    continue
                known = best.get(row[q])
                if known and known[0].score > bits:
                    continue
                hit = Hit(
                    row[s], float(row[identity]), int(row[start]), int(row[end]), float(row[evalue]), bits,
                    row[title] if title < len(row) else "",
                )  # fmt: skip
            except ValueError:
                raise InputError(
                    f"{path}: the row of {row[q]} has no numbers where the columns {' '.join(columns)} need "
                    "them; name the columns of this table"
                ) from None
            if known and known[0].score == bits:
                known.append(hit)
            else:
                best[row[q]] = [hit]
    return best


def fasta_titles(path: str | Path, wanted: set[str]) -> dict[str, str]:
    """Header (without >) of the wanted sequences; an identifier may be a part between bars (sp|P12345|X)."""
    titles: dict[str, str] = {}
    rest = ""
    for block in _text(path):
        *whole, rest = (rest + block).split("\n>")
        for entry in whole:
            _keep_title(entry, wanted, titles)
    _keep_title(rest, wanted, titles)
    return titles


def _keep_title(entry: str, wanted: set[str], titles: dict[str, str]) -> None:
    title = entry.partition("\n")[0].lstrip(">").rstrip("\r")
    first = title.partition(" ")[0]
    for name in {first, *first.split("|")} & wanted:
        titles[name] = title


def choose(candidates: Sequence[Hit]) -> Hit:
    """The hit with the best level of evidence, then the first by name, of those that tie."""

    def key(hit: Hit) -> tuple[int, str]:
        level = re.search(r"\bPE=([1-5])", hit.title)
        return (int(level[1]) if level else 5, hit.target)

    return min(candidates, key=key)


def parse_title(title: str, target: str = "") -> tuple[str, str]:
    """Product and gene symbol in a header of UniProt, RefSeq, Ensembl or FlyBase style, as they stand."""
    first, _, rest = title.partition(" ")
    if first == target or "|" in first or first.rpartition(".")[2].isdigit():
        title = rest
    if match := re.fullmatch(r"(?:\S+ )?(\{.*\})", title.strip()):
        return _orthodb_description(match[1]), ""
    if match := re.match(r"\|? ?Symbols: ?([^|]*)\|([^|]*)\|", title):  # TAIR
        return match[2].strip(), match[1].split(",")[0].strip()
    if match := re.search(r"\sO[SX]=", title):
        symbol = re.search(r"\bGN=(\S+)", title)
        return title[: match.start()].strip(), symbol[1] if symbol else ""
    if "gene_symbol:" in title or "gene_biotype:" in title or "description:" in title:
        symbol = re.search(r"\bgene_symbol:(\S+)", title)
        said = re.search(r"\bdescription:(.*?)\s*(\[Source:.*)?$", title)
        return said[1].strip() if said else "", symbol[1] if symbol else ""
    if "type=" in title and ";" in title:
        symbol = re.search(r"\bname=([^;]+?)-P[A-Z]+;", title)
        return "", symbol[1] if symbol else ""
    symbol = re.search(r"\[gene=([^\]]+)\]", title)
    if said := re.search(r"\[protein=([^\]]+)\]", title):
        return said[1], symbol[1] if symbol else ""
    return title.strip(), symbol[1] if symbol else ""


def _orthodb_description(text: str) -> str:
    """The description in OrthoDB's JSON headers, "" without one."""
    try:
        return str(json.loads(text).get("description") or "")
    except ValueError:
        return ""


def refuse_bad_prefix(prefix: str) -> None:
    """InputError for a prefix that ENA does not register."""
    if not _PREFIX.fullmatch(prefix):
        raise InputError(
            f"locus tag prefix {prefix!r} cannot be registered at ENA: it has 3 to 12 capital letters and "
            "digits, a letter first; give the prefix of the study"
        )


@cache
def clean_product(text: str) -> str:
    """A product name by the rules of INSDC; `hypothetical protein` when nothing is left of it."""
    text = text.translate(_PRIMES)
    text = "".join(_GREEK.get(letter, letter) for letter in text)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    for _, pattern, said in RULES:
        text = pattern.sub(said, text)
    text = _trimmed(text)
    uncertain, before = False, ""
    while text != before:
        before = text
        for _, pattern in EDGES:
            if match := pattern.search(text):
                uncertain |= _UNCERTAIN.search(match[0]) is not None
                text = _trimmed(text[: match.start()] + text[match.end() :])
    text = _shortened(text)
    if _EMPTY.match(text):
        return HYPOTHETICAL
    text = _in_lower_case(text)
    if text.endswith("-like") and "protein" not in text:
        text += " protein"
    return f"putative {text}" if uncertain else text


def _trimmed(text: str) -> str:
    """Without punctuation at its ends."""
    return text.strip(" ,;:.-_/")


def _shortened(text: str) -> str:
    """At most 200 letters, ending at a word, and no parenthesis left open."""
    if len(text) > MAX_PRODUCT:
        mark = max(text.rfind(mark, MAX_PRODUCT // 2, MAX_PRODUCT) for mark in (", ", " ("))
        mark = mark if mark > 0 else text.rfind(" ", 1, MAX_PRODUCT)
        text = text[: mark if mark > 0 else MAX_PRODUCT].rstrip(" ,;:.-(")
    if text.count("(") != text.count(")"):
        text = _trimmed(re.sub(r"\s*\([^()]*$", "", text))
    return text


def _in_lower_case(text: str) -> str:
    """A product without capitals that are neither of an abbreviation nor of a proper name."""
    if not re.search("[a-z]", text):  # written in capitals throughout
        text = re.sub(r"[A-Z]{5,}(?![\d])", lambda word: word[0].lower(), text)
    first = re.match(r"[A-Z][a-z]{3,}(?![A-Z\d])", text)
    if first and first[0] not in _PROPER:
        text = text[0].lower() + text[1:]
    return text


def clean_name(symbol: str) -> str:
    """A gene symbol worth transferring; empty for names of loci (CG1234, LOC1234, YAL001C) and odd ones."""
    symbol = symbol.strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.()\-]{0,19}", symbol) or _LOCUS_LIKE.match(symbol):
        return ""
    return symbol


def domain_product(domains: Iterable[str]) -> str:
    """Product of a protein of which only domains are known; empty when none has a telling name."""
    for text in domains:
        said = clean_product(text.replace("_", " "))
        if said == HYPOTHETICAL or re.search(r"(?i)unknown function|uncharacteri[sz]ed", text):
            continue
        said = re.sub(
            r"(?i)[\s,-]*(domain|conserved site|active site|binding site|repeat|profile)s?$", "", said
        )
        if re.search(r"(?i)\b(super)?family( member)?$", said):
            return re.sub(r"(?i)[\s,]*(super)?family( member)?$", "", said) + " family protein"
        return f"{said} domain-containing protein"
    return ""


def read_interproscan(paths: Iterable[str | Path], functions: dict[str, Function]) -> None:
    """Add the families, InterPro entries and GO terms of InterProScan's TSV."""
    for path in paths:
        for row in _table(path, 11, "InterProScan's TSV"):
            found = functions.get(row[0])
            if found is None:
                found = functions[row[0]] = Function()
            if row[3] == "Pfam":
                found.pfam.setdefault(row[4], row[5])
            if len(row) > 12 and row[11] != "-" and row[11]:
                found.interpro.setdefault(row[11], row[12])
            if len(row) > 13 and len(row[13]) > 1:
                found.go.update(dict.fromkeys(_GO.findall(row[13])))


def read_domtblout(
    paths: Iterable[str | Path], functions: dict[str, Function], max_evalue: float = MAX_DOMAIN_EVALUE
) -> None:
    """Add the Pfam families of HMMER's --domtblout (hmmsearch, hmmscan, pyhmmer)."""
    for path in paths:
        text = "".join(_text(path))
        scan = re.search(r"^# Program: +hmmscan", text, re.M) is not None
        for number, line in enumerate(text.split("\n"), 1):
            if not line or line[0] == "#":
                continue
            row = line.split(None, 22)
            try:
                full, domain = float(row[6]), float(row[12])
            except (ValueError, IndexError):
                raise InputError(
                    f"{path}, line {number}: this is not HMMER's --domtblout; give that"
                ) from None
            if not scan and re.match(r"PF\d{5}", row[1]):
                scan = True
            name, accession, protein = (row[0], row[1], row[3]) if scan else (row[3], row[4], row[0])
            if full > max_evalue or domain > max_evalue:
                continue
            said = row[22] if scan and len(row) > 22 and row[22] != "-" else name
            key = accession.partition(".")[0] if accession != "-" else name
            functions.setdefault(protein, Function()).pfam.setdefault(key, said)


def read_eggnog(paths: Iterable[str | Path], functions: dict[str, Function]) -> None:
    """Add names, descriptions, GO terms and EC numbers of eggNOG-mapper's .annotations."""
    for path in paths:
        names: list[str] = []
        for number, line in enumerate("".join(_text(path)).split("\n"), 1):
            if line.startswith("#query"):
                names = line[1:].rstrip("\r").split("\t")
            elif line and line[0] != "#":
                row = dict(zip(names, line.rstrip("\r").split("\t"), strict=False))
                if "query" not in row:
                    raise InputError(f"{path}, line {number}: no #query header; give eggNOG's .annotations")
                found = functions.setdefault(row["query"], Function())
                said = {key: "" if value == "-" else value for key, value in row.items()}
                found.name = found.name or said.get("Preferred_name", "")
                found.description = found.description or said.get("Description", "")
                found.go.update(dict.fromkeys(_GO.findall(said.get("GOs", ""))))
                found.ec.update(dict.fromkeys(filter(_EC_NUMBER.fullmatch, said.get("EC", "").split(","))))


def read_functions(
    hits: Sequence[str | Path],
    columns: Sequence[str],
    proteins: Sequence[str | Path],
    interproscan: Sequence[str | Path],
    domtblout: Sequence[str | Path],
    eggnog: Sequence[str | Path],
    max_evalue: float = MAX_EVALUE,
    max_domain_evalue: float = MAX_DOMAIN_EVALUE,
) -> dict[str, Function]:
    """Everything the tables say, by protein."""
    best = best_hits(hits, columns, max_evalue)
    bare = {hit.target for tied in best.values() for hit in tied if not hit.title}
    if bare and proteins:
        titles: dict[str, str] = {}
        for path in proteins:
            titles |= fasta_titles(path, bare)
        for tied in best.values():
            for hit in tied:
                hit.title = hit.title or titles.get(hit.target, "")
    functions = {
        protein: Function(hit=tied[0] if len(tied) == 1 else choose(tied)) for protein, tied in best.items()
    }
    read_interproscan(interproscan, functions)
    read_domtblout(domtblout, functions, max_domain_evalue)
    read_eggnog(eggnog, functions)
    return functions


def _putative(product: str) -> str:
    return product if product.startswith("putative ") else f"putative {product}"


def _eggnog_product(description: str) -> str:
    """A product from eggNOG-mapper's description, which is often a sentence on what the protein does."""
    if match := re.match(r"Belongs to the (.+?) family", description):
        return clean_product(f"{match[1]} family protein")
    return HYPOTHETICAL if _SENTENCE.search(description) else clean_product(description)


def describe(found: Function, protein_length: float) -> tuple[str, str, str, float]:
    """Product, gene name ("" without), what they rest on, and share (%) of the protein in the hit."""
    hit, coverage = found.hit, 0.0
    if hit:
        coverage = min(100.0, 100 * (abs(hit.end - hit.start) + 1) / max(protein_length, 1))
        said, symbol = parse_title(hit.title, hit.target)
        product = clean_product(said)
        if hit.identity >= NAMED[0] and coverage >= NAMED[1]:
            name = clean_name(symbol)
            if product != HYPOTHETICAL or name:
                return product, name, "hit", coverage
        elif hit.identity >= PUTATIVE[0] and coverage >= PUTATIVE[1] and product != HYPOTHETICAL:
            return _putative(product), "", "weak hit", coverage
    if (product := _eggnog_product(found.description)) != HYPOTHETICAL:
        return _putative(product), clean_name(found.name), "eggNOG", coverage
    if product := domain_product([*found.interpro.values(), *found.pfam.values()]):
        return product, "", "domain", coverage
    return HYPOTHETICAL, "", "none", coverage


def _with(column: bytes, new: dict[str, str]) -> bytes:
    """The attributes column with keys replaced or added; lists (Dbxref, Ontology_term) keep what they had."""
    items = [item for item in column.split(b";") if item]
    for key, value in new.items():
        label = key.encode() + b"="
        if key in ("Dbxref", "Ontology_term"):
            old = [item[len(label) :].decode() for item in items if item.startswith(label)]
            value = ",".join(dict.fromkeys([part for text in [*old, value] for part in text.split(",")]))
        else:
            value = escaped(key, value)
        items = [item for item in items if not item.startswith(label)]
        items.append(label + value.encode())
    return b";".join(items)


def _attribute(column: bytes, key: bytes) -> bytes:
    """Value of an attribute as it stands, empty when it is missing."""
    for item in column.split(b";"):
        if item.startswith(key):
            return item[len(key) :]
    return b""


def _name_coding_parts(lines: list[bytes], rows: Iterable[int], product: bytes) -> None:
    """Give the CDS rows of a transcript its product (in place); INSDC has it there."""
    for row in rows:
        if b"product=" in lines[row]:
            head, _, column = lines[row].rpartition(b"\t")
            items = [item for item in column.split(b";") if not item.startswith(b"product=")]
            lines[row] = head + b"\t" + b";".join([*items, b"product=" + product])
        else:
            lines[row] = lines[row].removesuffix(b";") + b";product=" + product


def _pseudogenic(lines: list[bytes]) -> set[bytes]:
    """Features that are of a pseudogene by their own row or by that of one of their parts."""
    found: set[bytes] = set()
    for line in lines:
        if b"seudo" in line:
            row = line.split(b"\t")
            if is_pseudo(row[2].decode(), attributes(decoded(row[8]))):
                key = b"Parent=" if row[2] in (b"CDS", b"exon") else b"ID="
                found.update(_attribute(row[8], key).split(b","))
    return found


class _Merger:
    """Hands the lines of a sorted GFF3 through, a gene at a time, with what is known of its transcripts."""

    def __init__(self, path: str | Path, functions: dict[str, Function], prefix: str, width: int):
        self.path, self.functions, self.prefix, self.width = path, functions, prefix, width
        self.rows: list[tuple[str, ...]] = []
        self.seen: set[str] = set()
        self.counts = dict.fromkeys(
            ("proteins", "with_hit", "with_name", "with_product", "with_domain", "with_go"), 0
        )
        self.basis = dict.fromkeys(("hit", "weak hit", "eggNOG", "domain", "none"), 0)
        self.genes = 0

    def gene(self, lines: list[bytes]) -> bytes:
        """The lines of one topmost feature and its children, merged."""
        top = lines[0].split(b"\t")
        gene_id = _attribute(top[8], b"ID=")
        pseudo = _pseudogenic(lines)
        features: list[tuple[int, list[bytes], bytes]] = []
        coding: dict[bytes, int] = {}
        parts: dict[bytes, list[int]] = {}
        for number, line in enumerate(lines):
            row = line.split(b"\t", 5)
            if len(row) < 6:
                continue
            if row[2] == b"CDS":
                at = line.find(b"Parent=")
                for owner in line[at + 7 :].split(b";", 1)[0].split(b","):
                    coding[owner] = coding.get(owner, 0) + int(row[4]) - int(row[3]) + 1
                    parts.setdefault(owner, []).append(number)
            elif row[2] != b"exon" and number:
                row = line.split(b"\t")
                features.append((number, row, _attribute(row[8], b"ID=")))
        # A transcript without CDS, or of a pseudogene, has no protein, whatever its type.
        transcripts = [
            feature for feature in features if feature[2] in coding and not pseudo & {feature[2], gene_id}
        ]
        is_gene = top[2].endswith(b"gene")
        tag = ""
        if is_gene:
            self.genes += 1
            tag = f"{self.prefix}_{self.genes:0{self.width}d}" if self.prefix else ""
        best = (-1.0, "")
        inside = {gene_id}
        for number, row, ident in transcripts:
            if _attribute(row[8], b"Parent=").split(b",")[0] not in inside:
                raise InputError(
                    f"{self.path}: {ident.decode()} is not next to its gene; sort the file with gff3_sort.py "
                    "first"
                )
            inside.add(ident)
            named, new = self._transcript(ident.decode(), coding[ident], gene_id.decode(), tag)
            best = max(best, named)
            row[8] = _with(row[8], new)
            lines[number] = b"\t".join(row)
            _name_coding_parts(lines, parts.get(ident, ()), _attribute(row[8], b"product="))
        if gene_id in coding and gene_id not in pseudo:
            # CDS directly under their gene (organelles in RefSeq) are a transcript to the reader of genes.
            gene = gene_id.decode()
            named, new = self._transcript(f"{gene}.t1", coding[gene_id], gene, tag)
            best = max(best, named)
            for number in parts[gene_id]:
                head, _, column = lines[number].rpartition(b"\t")
                kept = new["product"] == HYPOTHETICAL and b"product=" in column
                said = {key: value for key, value in new.items() if key != "product" or not kept}
                lines[number] = head + b"\t" + _with(column, said)
        new = {}
        if tag:
            new["locus_tag"] = tag
        if best[1]:
            new["Name"] = best[1]
        if is_gene and new:
            top[8] = _with(top[8], new)
            lines[0] = b"\t".join(top)
        return b"\n".join(lines) + b"\n"

    def _transcript(
        self, ident: str, coding: int, gene: str, tag: str
    ) -> tuple[tuple[float, str], dict[str, str]]:
        """Count a transcript of `coding` bp, add its row; score and name of its hit, and its attributes."""
        found = self.functions.get(ident)
        if found is None:
            found = Function()
        else:
            self.seen.add(ident)
        product, name, basis, coverage = describe(found, coding / 3 - 1)
        hit = found.hit
        references = [f"InterPro:{key}" for key in found.interpro] + [
            f"Pfam:{key}" for key in found.pfam if re.fullmatch(r"PF\d{5}", key)
        ]
        if hit and basis in ("hit", "weak hit"):
            references.insert(0, _reference(hit.target))
        new = {"product": product}
        if references:
            new["Dbxref"] = ",".join(references)
        if found.go:
            new["Ontology_term"] = ",".join(found.go)
        if found.ec:
            new["ec_number"] = next(iter(found.ec))
        self.counts["proteins"] += 1
        self.counts["with_hit"] += hit is not None
        self.counts["with_name"] += bool(name)
        self.counts["with_product"] += product != HYPOTHETICAL
        self.counts["with_domain"] += bool(found.interpro or found.pfam)
        self.counts["with_go"] += bool(found.go)
        self.basis[basis] += 1
        shown = (
            (hit.target, f"{hit.identity:g}", f"{coverage:.1f}", f"{hit.evalue:g}", f"{hit.score:g}")
            if hit
            else ("", "", "", "", "")
        )
        lists = (",".join(found.interpro), ",".join(found.pfam), ",".join(found.go), ",".join(found.ec))
        self.rows.append((gene, ident, tag, name, product, basis, *shown, *lists))
        return (hit.score if hit and name else 0.0, name), new


def _reference(target: str) -> str:
    """Dbxref of a hit: its database where the identifier tells it."""
    parts = target.split("|")
    if len(parts) >= 3 and parts[0] in ("sp", "tr"):
        return f"UniProtKB:{parts[1]}"
    name = re.sub(r"[^\w.\-]", "_", target)
    return f"RefSeq:{name}" if re.match(r"[ANXY]P_\d", name) else f"protein:{name}"


def _top_features(text: bytes) -> Iterator[list[bytes]]:
    """Lines of each topmost feature with its children; comments come alone."""
    group: list[bytes] = []
    for line in text.split(b"\n"):
        if not line:
            continue
        if line[0] == 35 or b"Parent=" not in line:
            if group:
                yield group
            group = [line]
        else:
            group.append(line)
    if group:
        yield group


def merge_functions(
    gff3: str | Path,
    out: str | Path,
    table: str | Path,
    functions: dict[str, Function],
    prefix: str = "",
) -> dict[str, Any]:
    """Write the GFF3 with functions, and their table; the record `functional_annotation`.

    The GFF3 must be sorted with children below their gene (gff3_sort.py). InputError when more than half of
    the proteins of the tables are not transcripts of the GFF3; fewer are a warning.
    """
    if prefix:
        refuse_bad_prefix(prefix)
    text = b"".join(byte_blocks(gff3)).replace(b"\r\n", b"\n")
    merger = _Merger(gff3, functions, prefix, max(5, len(str(text.count(b"gene\t")))))
    with complete_file(out, "wb") as handle:
        for group in _top_features(text):
            if group[0][0] == 35:
                handle.write(group[0] + b"\n")
                if len(group) > 1:
                    raise InputError(
                        f"{gff3}: features are not next to their gene ({group[1][:60].decode()}…); sort the "
                        "file with gff3_sort.py first"
                    )
            else:
                handle.write(merger.gene(group))
        warnings = _warnings(gff3, functions, merger)
        write_table(table, TABLE_COLUMNS, merger.rows)
    proteins = merger.counts["proteins"]
    return {
        **merger.counts,
        "with_hit_pct": 100 * merger.counts["with_hit"] / proteins if proteins else None,
        "with_product_pct": 100 * merger.counts["with_product"] / proteins if proteins else None,
        "products_by_basis": merger.basis,
        "genes": merger.genes,
        "locus_tag_prefix": prefix or None,
        "warnings": warnings,
    }


def _warnings(gff3: str | Path, functions: dict[str, Function], merger: _Merger) -> list[str]:
    unknown = [name for name in functions if name not in merger.seen]
    if not unknown:
        return []
    some = ", ".join(unknown[:3])
    sentence = f"{len(unknown)} of {len(functions)} proteins of the tables are not in {gff3} ({some})"
    if 2 * len(unknown) > len(functions):
        raise InputError(f"{sentence}; give tables of the proteins of this gene set")
    return [sentence]


def annotate_functions(
    gff3: str,
    /,
    *,
    id: str,
    out: str,
    table: str,
    metrics: str,
    hits: Sequence[str] = (),
    hit_columns: str = " ".join(HIT_COLUMNS),
    proteins: Sequence[str] = (),
    interproscan: Sequence[str] = (),
    domtblout: Sequence[str] = (),
    eggnog: Sequence[str] = (),
    locus_tag: str = "",
    max_evalue: float = MAX_EVALUE,
    domain_evalue: float = MAX_DOMAIN_EVALUE,
) -> None:
    """Merge search tables into a GFF3: gene names, products, GO terms, cross-references and locus tags.

    gff3: gene set, sorted GFF3, plain or gzip
    id: genome id
    hits: tables of BLAST or DIAMOND --outfmt 6
    hit_columns: columns of --hits, as given to --outfmt
    proteins: FASTA of the targets, when --hits lack stitle
    interproscan: TSV of InterProScan
    domtblout: --domtblout of hmmsearch or hmmscan (Pfam)
    eggnog: .annotations of eggNOG-mapper
    locus_tag: registered prefix of locus tags; none without it
    max_evalue: largest E-value of a hit
    domain_evalue: largest of a domain
    out: GFF3 with functions to write
    table: table of functions to write (TSV)
    metrics: metrics record to write (JSON)
    """
    functions = read_functions(
        hits, hit_columns.split(), proteins, interproscan, domtblout, eggnog,
        max_evalue, domain_evalue,
    )  # fmt: skip
    record = merge_functions(gff3, out, table, functions, locus_tag)
    given = {"hits": hits, "interproscan": interproscan, "domtblout": domtblout, "eggnog": eggnog}
    record["sources"] = [name for name, paths in given.items() if paths]
    for warning in record["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    write_metrics(metrics, {"id": id, "step": "functional_annotation", **record})
