"""Samples of specimens for ENA's checklist ERC000053 (Tree of Life), from a table of specimens and tissues.

The table has the columns of the checklist, of the manifest of ERGA (2.5) and COPO's export of it, or both;
what a column is called elsewhere is in `ERGA`.
"""

import csv
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from linnaea.base.errors import InputError
from linnaea.base.paths import asset
from linnaea.base.tables import write_table
from linnaea.base.text import some
from linnaea.submission.xml import write_tree

COUNTRY = "geographic location (country and/or sea)"
REGION = "geographic location (region and locality)"
LATITUDE, LONGITUDE = "geographic location (latitude)", "geographic location (longitude)"
DATE, PARENT = "collection date", "sample derived from"
OWN = ("alias", "title", "taxon_id", "scientific_name", "common_name", "sample_description")
# Columns of ERGA's manifest, and the field that they are at ENA.
ERGA = {
    "TUBE_OR_WELL_ID": "alias", "TAXON_ID": "taxon_id", "SCIENTIFIC_NAME": "scientific_name",
    "COMMON_NAME": "common_name", "SPECIMEN_ID": "specimen_id", "LIFESTAGE": "lifestage", "SEX": "sex",
    "ORGANISM_PART": "organism part", "SYMBIONT": "symbiont", "RELATIONSHIP": "relationship", "GAL": "GAL",
    "GAL_SAMPLE_ID": "GAL_sample_id", "COLLECTED_BY": "collected_by",
    "COLLECTOR_AFFILIATION": "collecting institution", "DATE_OF_COLLECTION": DATE,
    "DECIMAL_LATITUDE": LATITUDE, "DECIMAL_LONGITUDE": LONGITUDE, "LATITUDE_START": "Latitude Start",
    "LATITUDE_END": "Latitude End", "LONGITUDE_START": "Longitude Start", "LONGITUDE_END": "Longitude End",
    "HABITAT": "habitat", "DEPTH": "depth", "ELEVATION": "elevation", "IDENTIFIED_BY": "identified_by",
    "IDENTIFIER_AFFILIATION": "identifier_affiliation", "SAMPLE_COORDINATOR": "sample coordinator",
    "SAMPLE_COORDINATOR_AFFILIATION": "sample coordinator affiliation",
    "DESCRIPTION_OF_COLLECTION_METHOD": "sample collection method", "VOUCHER_ID": "specimen_voucher",
    "PROXY_VOUCHER_ID": "proxy voucher", "CULTURE_OR_STRAIN_ID": "culture_or_strain_id",
    "BARCODE_HUB": "barcoding center", "PRIMARY_BIOGENOME_PROJECT": "project name", "TOLID": "tolid",
    "PUBLIC_NAME": "tolid", "ORIGINAL_COLLECTION_DATE": "original collection date",
    "ORIGINAL_GEOGRAPHIC_LOCATION": "original geographic location",
    "ORIGINAL_DECIMAL_LATITUDE": "original geographic location (latitude)",
    "ORIGINAL_DECIMAL_LONGITUDE": "original geographic location (longitude)",
    "BIOSAMPLE_ACCESSION": "accession", "SAMPLE_DERIVED_FROM": PARENT,
}  # fmt: skip
_LOCATION = "COLLECTION_LOCATION"  # Country | region | …
TOLID = re.compile(
    r"([a-z])([A-Z][a-z]{2})([A-Z][a-z]{2})[1-9]\d*|[a-z]{2}([A-Z][a-z]{2})([A-Z][a-z]{3})[1-9]\d*"
)
ACCESSION = re.compile(r"[ESD]RS\d{6,}|SAM[END][AG]?\d+")
_DAY = re.compile(r"([12]\d{3})(?:-(\d\d)(?:-(\d\d)(?:T\d\d:\d\d(?::\d\d)?Z?(?:[+-]\d{1,2})?)?)?)?")
_COORDINATE = re.compile(r"[+-]?\d+(\.\d{0,8})?")
_COORDINATES = (
    (LATITUDE, LONGITUDE),
    ("Latitude Start", "Longitude Start"),
    ("Latitude End", "Longitude End"),
    ("original geographic location (latitude)", "original geographic location (longitude)"),
)
_SYMBIONT = {"target": "N", "symbiont": "Y", "n": "N", "y": "Y", "no": "N", "yes": "Y"}


@cache
def checklist() -> dict[str, Any]:
    """Fields and values of ERC000053."""
    return yaml.safe_load(asset("erc000053.yml").read_text())


@dataclass(slots=True)
class Sample:
    """A row of the table: its number in the file, and its fields by the checklist's names."""

    row: int
    fields: dict[str, str]

    @property
    def alias(self) -> str:
        return self.fields.get("alias", "")


@dataclass
class Samples:
    """Samples that can be submitted now, those that wait for the accession of a parent, those that have an
    accession, and remarks.
    """

    ready: list[Sample]
    waiting: list[Sample]
    registered: list[Sample]
    remarks: list[str] = field(default_factory=list)


def read_samples(path: str | Path) -> Samples:
    """Samples of a CSV or TSV; InputError lists everything that ENA would refuse, with row and column.

    Samples with an accession are registered and left out; their accession stands for their alias in
    `sample derived from`.
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        text.splitlines(), delimiter="\t" if "\t" in first else ";" if ";" in first else ","
    )
    known = {*OWN, *checklist()["mandatory"], *checklist()["optional"], "accession"}
    names = {column: _field(column, known) for column in reader.fieldnames or ()}
    unread = [column for column, name in names.items() if not name and column != _LOCATION]
    samples = [
        Sample(number, _fields(row, names)) for number, row in enumerate(reader, 2) if any(row.values())
    ]
    if not samples:
        raise InputError(f"{path} has no samples; give a table with a header and a row per sample")
    faults = [f"row {sample.row}: {fault}" for sample in samples for fault in _faults(sample.fields)]
    faults += _faults_between(samples)
    if faults:
        raise InputError(f"{path}: ENA would refuse {len(faults)} values:\n  " + "\n  ".join(faults))
    remarks = (
        [f"{len(unread)} columns are not fields of ERC000053 and are left out ({some(unread)})"]
        if unread
        else []
    )
    remarks += [f"row {sample.row}: {remark}" for sample in samples for remark in _remarks(sample.fields)]
    ready, waiting, registered = _apart(samples)
    return Samples(ready, waiting, registered, remarks)


def _field(column: str, known: set[str]) -> str:
    """The checklist's name of a column; "" for one that it does not have."""
    bare = column.strip()
    if bare in known:
        return bare
    if name := ERGA.get(bare.upper().replace(" ", "_")):
        return name
    same = [name for name in known if name.lower() == bare.lower()]
    return same[0] if same else ""


def _fields(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Fields of a row as ENA writes them: missing terms, case of listed values, location in two."""
    fields: dict[str, str] = {}
    for column, value in row.items():
        text = " ".join((value or "").split()) if isinstance(value, str) else ""
        name = names.get(column, "")
        if column == _LOCATION and text:
            country, _, region = text.partition("|")
            fields.setdefault(COUNTRY, _as_listed(_missing(country.strip()), checklist()["countries"]))
            if region.strip():
                fields.setdefault(REGION, region.strip())
        elif name and text:
            fields[name] = _missing(text)
    for name, values in ((COUNTRY, checklist()["countries"]), ("GAL", checklist()["GAL"])):
        if name in fields:
            fields[name] = _as_listed(fields[name], values)
    if "lifestage" in fields:
        fields["lifestage"] = _as_listed(fields["lifestage"], checklist()["lifestage"])
    if "symbiont" in fields:
        fields["symbiont"] = _SYMBIONT.get(fields["symbiont"].lower(), fields["symbiont"])
    for name in [name for name, text in fields.items() if text in checklist()["missing"]]:
        if name not in checklist()["mandatory"]:
            del fields[name]  # ENA takes missing terms in mandatory fields only
    if not fields.get("title") and fields.get("scientific_name"):
        words = (fields["scientific_name"], fields.get("organism part", "").lower(), fields.get("tolid", ""))
        fields["title"] = " ".join(filter(None, words))
    return fields


def _missing(text: str) -> str:
    """A missing term as ENA spells it (NOT_COLLECTED of ERGA is `not collected`)."""
    bare = text.replace("_", " ").lower()
    return bare if bare in checklist()["missing"] else text


def _as_listed(text: str, values: Sequence[str]) -> str:
    """A value as the list spells it, whatever its case and hyphens."""
    key = _key(text)
    return next((value for value in values if _key(value) == key), text)


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).lower()


# Checks


def _faults(fields: Mapping[str, str]) -> Iterable[str]:
    """What ENA would refuse in one sample."""
    lists = checklist()
    for name in ("alias", "title", "taxon_id", *lists["mandatory"]):
        if not fields.get(name):
            instead = (
                ", or why it is missing (not collected, not provided …)" if name in lists["mandatory"] else ""
            )
            yield f"{name} is empty; give it{instead}"
    if fields.get("taxon_id") and not fields["taxon_id"].isdecimal():
        yield f"taxon_id {fields['taxon_id']} is not a number"
    for name, values in (
        ("lifestage", lists["lifestage"]),
        (COUNTRY, lists["countries"]),
        ("GAL", lists["GAL"]),
    ):
        text = fields.get(name, "")
        if text and text not in values and text not in lists["missing"]:
            yield f"{name} {text} is not in ENA's list{_near(text, values)}"
    for name in (DATE, "original collection date"):
        text = fields.get(name, "")
        if text and text not in lists["missing"] and (fault := date_fault(text)):
            yield f"{name} {text} {fault}"
    yield from _coordinate_faults(fields)
    for name in ("elevation", "depth"):
        text = fields.get(name, "")
        if (
            text
            and text not in lists["missing"]
            and not re.fullmatch(r"[+-]?\d+(\.\d*)?([Ee][+-]?\d+)?", text)
        ):
            yield f"{name} {text} is not a number of {lists['units'][name]}"
    if "tolid" in fields and not TOLID.fullmatch(fields["tolid"]):
        yield f"tolid {fields['tolid']} is not a ToLID (bParMaj1 for a vertebrate, ilDeiPorc1 otherwise)"
    if fields.get("symbiont", "N") not in ("Y", "N"):
        yield f"symbiont {fields['symbiont']} is neither Y nor N"
    for name in ("sample symbiont of", "sample same as"):
        if name in fields and not all(ACCESSION.fullmatch(one.strip()) for one in fields[name].split(",")):
            yield f"{name} {fields[name]} is not a sample accession (SAMEA…)"


def _near(text: str, values: Sequence[str]) -> str:
    """The values of a list that have a word of the text, for a message."""
    words = {word for word in _key(text).split() if len(word) > 3}
    count = Counter(word for value in values for word in set(_key(value).split()))
    shared = {value: words & set(_key(value).split()) for value in values}
    near = [value for value in values if shared[value]]
    near.sort(key=lambda value: -sum(1 / count[word] for word in shared[value]))  # rare words tell more
    return f" (did you mean {some(near)}?)" if near else ""


def date_fault(text: str) -> str:
    """What is wrong with a date, or a range of two with a slash between; "" when nothing is."""
    days = []
    for part in text.split("/"):
        match = _DAY.fullmatch(part)
        if not match or text.count("/") > 1:
            return "is not a date; write 2023-05-14, 2023-05, 2023, or a range of two with / between"
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        try:
            days.append(date(year, month, day))
        except ValueError:
            return "is no day of the calendar"
    if days[-1] > date.today():
        return "lies in the future"
    return "ends before it starts" if days[0] > days[-1] else ""


def _coordinate_faults(fields: Mapping[str, str]) -> Iterable[str]:
    missing = checklist()["missing"]
    numbers: dict[str, float] = {}
    for name in (name for pair in _COORDINATES for name in pair):
        text = fields.get(name, "")
        if not text or text in missing:
            continue
        if not _COORDINATE.fullmatch(text):
            yield f"{name} {text} is not in decimal degrees with at most 8 decimals (59.85)"
        else:
            numbers[name] = float(text)
    for latitude, longitude in _COORDINATES:
        north, east = numbers.get(latitude), numbers.get(longitude)
        if north is not None and abs(north) > 90:
            swapped = east is not None and abs(east) <= 90
            yield f"{latitude} {fields[latitude]} is beyond 90 degrees" + (
                f"; it and {longitude} {fields[longitude]} seem to be exchanged" if swapped else ""
            )
        if east is not None and abs(east) > 180:
            yield f"{longitude} {fields[longitude]} is beyond 180 degrees"
        if (north is None) != (east is None):
            yield f"{latitude} and {longitude}: only one of both is given"


def _faults_between(samples: Sequence[Sample]) -> Iterable[str]:
    """What is wrong between samples: aliases, ToLIDs and individuals, parents."""
    rows: dict[str, list[int]] = defaultdict(list)
    individuals: dict[str, set[str]] = defaultdict(set)
    tolids: dict[str, set[str]] = defaultdict(set)
    for sample in samples:
        rows[sample.alias].append(sample.row)
        tolid, specimen = sample.fields.get("tolid", ""), sample.fields.get("specimen_id", "")
        if tolid and specimen:
            individuals[tolid].add(specimen)
            tolids[specimen].add(tolid)
    faults = [
        f"rows {', '.join(map(str, numbers))}: alias {alias} is used {len(numbers)} times; rename all but one"
        for alias, numbers in rows.items()
        if alias and len(numbers) > 1
    ]
    faults += [
        f"tolid {tolid} is that of {len(names)} specimens ({some(sorted(names))}); it is of one individual"
        for tolid, names in individuals.items()
        if len(names) > 1
    ]
    faults += [
        f"specimen {specimen} has {len(names)} ToLIDs ({some(sorted(names))}); one individual has one"
        for specimen, names in tolids.items()
        if len(names) > 1
    ]
    for sample in samples:
        for parent in _parents(sample):
            if (
                not ACCESSION.fullmatch(parent)
                and not re.fullmatch(r"[ESD]RR\d{6,}", parent)
                and parent not in rows
            ):
                faults.append(
                    f"row {sample.row}: {PARENT} {parent} is neither an accession nor the alias of a row"
                )
            if parent == sample.alias:
                faults.append(f"row {sample.row}: {PARENT} {parent} is the sample itself")
    return faults


def _remarks(fields: Mapping[str, str]) -> Iterable[str]:
    """What ENA takes, but looks like a slip."""
    match = TOLID.fullmatch(fields.get("tolid", ""))
    words = fields.get("scientific_name", "").split()
    if match and len(words) >= 2:
        genus, species = match[2] or match[4], match[3] or match[5]
        expected = words[0][:3].capitalize(), words[1][: len(species)].capitalize()
        if (genus, species) != expected:
            yield (
                f"tolid {fields['tolid']} does not read as {fields['scientific_name']}; make sure that it is "
                "the registered one"
            )


def _parents(sample: Sample) -> list[str]:
    return [one.strip() for one in sample.fields.get(PARENT, "").split(",") if one.strip()]


def _apart(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample], list[Sample]]:
    """Samples to submit now, parents as accessions, those whose parent has none yet, and registered ones."""
    accessions = {one.alias: one.fields["accession"] for one in samples if one.fields.get("accession")}
    ready: list[Sample] = []
    waiting: list[Sample] = []
    registered: list[Sample] = []
    for sample in samples:
        if sample.fields.get("accession"):
            registered.append(sample)
            continue
        parents = [accessions.get(parent, parent) for parent in _parents(sample)]
        if parents:
            sample.fields[PARENT] = ",".join(parents)
        known = all(ACCESSION.fullmatch(one) or one[1:3] == "RR" for one in parents)
        (ready if known else waiting).append(sample)
    return ready, waiting, registered


# Samples of a genome


def samples_of(samples: Samples, ident: str, names: Collection[str], taxid: int | None) -> Samples:
    """The samples of a genome and its cobionts: those of its ToLID, scientific names or taxon."""
    folded = {name.casefold() for name in names}

    def belongs(sample: Sample) -> bool:
        fields = sample.fields
        return (
            fields.get("tolid") == ident
            or fields.get("scientific_name", "").casefold() in folded
            or (taxid is not None and fields.get("taxon_id") == str(taxid))
        )

    return Samples(
        list(filter(belongs, samples.ready)),
        list(filter(belongs, samples.waiting)),
        list(filter(belongs, samples.registered)),
        samples.remarks,
    )


def sequenced_sample(samples: Samples, name: str | None, organism: str) -> Sample | None:
    """The sample that was sequenced: the named one (alias or accession), else the only one of the organism
    that no other sample is derived from.
    """
    every = [*samples.ready, *samples.waiting, *samples.registered]
    if name:
        return next((one for one in every if name in (one.alias, one.fields.get("accession"))), None)
    parents = {parent for one in every for parent in _parents(one)}
    ends = [
        one
        for one in every
        if one.fields.get("scientific_name", organism).casefold() == organism.casefold()
        and one.alias not in parents
        and one.fields.get("accession") not in parents
    ]
    return ends[0] if len(ends) == 1 else None


# Writing


def _columns(samples: Sequence[Sample]) -> list[str]:
    used = {name for sample in samples for name in sample.fields}
    order = [*OWN, *checklist()["mandatory"], *checklist()["optional"]]
    return [name for name in order if name in used]


def write_tsv(path: str | Path, samples: Sequence[Sample]) -> None:
    """Write the table that Webin's form takes, a column per field that a sample has."""
    columns = _columns(samples)
    write_table(path, columns, [[sample.fields.get(name, "") for name in columns] for sample in samples])


def write_xml(path: str | Path, samples: Sequence[Sample], center: str = "") -> None:
    """Write a SAMPLE_SET; `center` is the center name that brokers give."""
    root = ElementTree.Element("SAMPLE_SET")
    for sample in samples:
        found = sample.fields
        names = {"alias": sample.alias, **({"center_name": center} if center else {})}
        one = ElementTree.SubElement(root, "SAMPLE", names)
        ElementTree.SubElement(one, "TITLE").text = found["title"]
        taxon = ElementTree.SubElement(one, "SAMPLE_NAME")
        for name in ("taxon_id", "scientific_name", "common_name"):
            if found.get(name):
                ElementTree.SubElement(taxon, name.upper()).text = found[name]
        if found.get("sample_description"):
            ElementTree.SubElement(one, "DESCRIPTION").text = found["sample_description"]
        listed = ElementTree.SubElement(one, "SAMPLE_ATTRIBUTES")
        pairs = [("ENA-CHECKLIST", "ERC000053")]
        pairs += [(name, found[name]) for name in _columns([sample]) if name not in OWN]
        for name, value in pairs:
            attribute = ElementTree.SubElement(listed, "SAMPLE_ATTRIBUTE")
            ElementTree.SubElement(attribute, "TAG").text = name
            ElementTree.SubElement(attribute, "VALUE").text = value
            unit = checklist()["units"].get(name)
            if unit and value not in checklist()["missing"]:
                ElementTree.SubElement(attribute, "UNITS").text = unit
    write_tree(path, root)
