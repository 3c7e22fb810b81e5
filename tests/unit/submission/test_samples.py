"""Samples for ENA, valid by ENA's own XML schemas (as ena-upload-cli ships them)."""

import csv
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from specimens import BASE, is_valid, table

from linnaea.base.errors import InputError
from linnaea.submission import command
from linnaea.submission.samples import COUNTRY, LATITUDE, LONGITUDE, date_fault, read_samples

ERGA = {
    "TUBE_OR_WELL_ID": "FS00000001", "SPECIMEN_ID": "ERGA_AE_000_001", "TAXON_ID": "9157",
    "SCIENTIFIC_NAME": "Parus major", "LIFESTAGE": "SPORE_BEARING_STRUCTURE", "SEX": "FEMALE",
    "ORGANISM_PART": "MUSCLE", "SYMBIONT": "TARGET", "RELATIONSHIP": "NOT_PROVIDED", "GAL": "SCILIFELAB",
    "COLLECTED_BY": "ANNA EXAMPLE", "COLLECTOR_AFFILIATION": "UPPSALA UNIVERSITY",
    "DATE_OF_COLLECTION": "NOT_COLLECTED", "COLLECTION_LOCATION": "SWEDEN | Uppsala | Stadsskogen",
    "DECIMAL_LATITUDE": "59.85", "DECIMAL_LONGITUDE": "17.63", "HABITAT": "forest",
    "PRIMARY_BIOGENOME_PROJECT": "ERGA-BGE", "HAZARD_GROUP": "HG1",
}  # fmt: skip


def attributes(path):
    return [
        {one.findtext("TAG"): one.findtext("VALUE") for one in sample.iter("SAMPLE_ATTRIBUTE")}
        for sample in etree.parse(path).getroot()
    ]


@pytest.mark.parametrize("delimiter", "\t,;")
def test_a_specimen_is_a_valid_sample(tmp_path, delimiter):
    command.samples(table(tmp_path, BASE, delimiter=delimiter), out=str(tmp_path), center="SciLifeLab")
    assert is_valid(tmp_path / "samples.xml", "SRA.sample.xsd")
    (found,) = attributes(tmp_path / "samples.xml")
    own = ("alias", "title", "taxon_id", "scientific_name")
    assert found == {"ENA-CHECKLIST": "ERC000053"} | {k: v for k, v in BASE.items() if k not in own}
    units = {
        one.findtext("TAG"): one.findtext("UNITS")
        for one in etree.parse(tmp_path / "samples.xml").iter("SAMPLE_ATTRIBUTE")
        if one.findtext("UNITS")
    }
    assert units == {LATITUDE: "DD", LONGITUDE: "DD", "elevation": "m"}
    (row,) = csv.DictReader((tmp_path / "samples.tsv").open(), delimiter="\t")
    assert row == BASE


def test_the_manifest_of_erga_is_read(tmp_path, capsys):
    command.samples(table(tmp_path, ERGA), out=str(tmp_path))
    assert is_valid(tmp_path / "samples.xml", "SRA.sample.xsd")
    (found,) = attributes(tmp_path / "samples.xml")
    assert found[COUNTRY] == "Sweden"
    assert found["geographic location (region and locality)"] == "Uppsala | Stadsskogen"
    assert found["lifestage"] == "spore-bearing structure" and found["GAL"] == "SciLifeLab"
    assert found["collection date"] == "not collected" and found["symbiont"] == "N"
    assert "relationship" not in found  # missing terms are for mandatory fields
    assert "1 columns are not fields of ERC000053 and are left out (HAZARD_GROUP)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sex": ""}, "row 2: sex is empty; give it, or why it is missing"),
        ({"alias": ""}, "row 2: alias is empty; give it"),
        ({"collection date": "14.05.2023"}, "14.05.2023 is not a date; write 2023-05-14"),
        ({"collection date": "2023-02-30"}, "2023-02-30 is no day of the calendar"),
        ({"collection date": "2999-01-01"}, "lies in the future"),
        ({"collection date": "2023-05/2022"}, "ends before it starts"),
        ({"collection date": "unknown"}, "unknown is not a date"),
        ({COUNTRY: "Sverige"}, "Sverige is not in ENA's list"),
        ({COUNTRY: "Republic of Korea"}, r"did you mean .*South Korea"),
        ({LATITUDE: "59,85"}, "59,85 is not in decimal degrees"),
        ({LATITUDE: "59.85N"}, "59.85N is not in decimal degrees"),
        ({LATITUDE: "151.2", LONGITUDE: "-33.9"}, "seem to be exchanged"),
        ({LONGITUDE: "181"}, "beyond 180 degrees"),
        ({LONGITUDE: ""}, "only one of both is given"),
        ({"tolid": "ParMaj1"}, "ParMaj1 is not a ToLID"),
        ({"tolid": "bParMaj0"}, "bParMaj0 is not a ToLID"),
        ({"lifestage": "grown up"}, "lifestage grown up is not in ENA's list"),
        ({"GAL": "SciLife"}, "GAL SciLife is not in ENA's list"),
        ({"taxon_id": "Parus"}, "taxon_id Parus is not a number"),
        ({"sample derived from": "bird"}, "sample derived from bird is neither an accession nor the alias"),
        ({"sample derived from": "bParMaj1-specimen"}, "is the sample itself"),
        ({"sample same as": "tube 1"}, "tube 1 is not a sample accession"),
    ],
)  # fmt: skip
def test_what_ena_would_refuse(tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        read_samples(table(tmp_path, BASE | change))


def test_all_faults_are_listed_at_once(tmp_path):
    rows = [BASE, BASE | {"sex": "", "tolid": "bParMaj2"}, BASE | {"alias": "c", "specimen_id": "other"}]
    with pytest.raises(InputError) as error:
        read_samples(table(tmp_path, *rows))
    assert str(error.value).splitlines()[1:] == [
        "  row 3: sex is empty; give it, or why it is missing (not collected, not provided …)",
        "  rows 2, 3: alias bParMaj1-specimen is used 2 times; rename all but one",
        "  tolid bParMaj1 is that of 2 specimens (ERGA_AE_000_001, other); it is of one individual",
        "  specimen ERGA_AE_000_001 has 2 ToLIDs (bParMaj1, bParMaj2); one individual has one",
    ]


def test_a_tissue_waits_for_its_specimen_and_then_names_it(tmp_path, capsys):
    tissue = BASE | {"alias": "bParMaj1-muscle", "sample derived from": "bParMaj1-specimen"}
    command.samples(table(tmp_path, BASE, tissue), out=str(tmp_path))
    assert len(attributes(tmp_path / "samples.xml")) == 1
    assert "1 samples wait for the accession" in capsys.readouterr().err
    command.samples(table(tmp_path, BASE | {"accession": "SAMEA000000001"}, tissue), out=str(tmp_path))
    assert is_valid(tmp_path / "samples.xml", "SRA.sample.xsd")
    (found,) = attributes(tmp_path / "samples.xml")
    assert found["sample derived from"] == "SAMEA000000001"


def test_a_tolid_of_another_species_is_remarked(tmp_path):
    assert not read_samples(table(tmp_path, BASE)).remarks
    (remark,) = read_samples(table(tmp_path, BASE | {"tolid": "bCyaCae1"})).remarks
    assert "bCyaCae1 does not read as Parus major" in remark
    moth = BASE | {"tolid": "ilDeiPorc1", "scientific_name": "Deilephila porcellus"}
    assert not read_samples(table(tmp_path, moth)).remarks


@settings(deadline=None)
@given(st.dates(date(1000, 1, 1), date.today()), st.integers(0, 400))
def test_every_day_is_a_date_and_every_range_in_order(day, length):
    end = min(day + timedelta(length), date.today())
    for text in (f"{day}", f"{day:%Y-%m}", f"{day:%Y}", f"{day}/{end}", f"{day}T12:30Z"):
        assert not date_fault(text)
    assert bool(date_fault(f"{end}/{day}")) == (end > day)
