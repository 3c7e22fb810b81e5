"""A specimen, tables of specimens, and ENA's XML schemas."""

import csv
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from linnaea.submission.samples import COUNTRY, LATITUDE, LONGITUDE

BASE = {
    "alias": "bParMaj1-specimen", "title": "Parus major specimen bParMaj1", "taxon_id": "9157",
    "scientific_name": "Parus major", "organism part": "WHOLE_ORGANISM", "lifestage": "adult",
    "project name": "ERGA-BGE", "tolid": "bParMaj1", "collected_by": "ANNA EXAMPLE",
    "collection date": "2023-05-14", COUNTRY: "Sweden", LATITUDE: "59.85", LONGITUDE: "17.63",
    "geographic location (region and locality)": "Uppsala | Stadsskogen", "elevation": "30",
    "habitat": "deciduous forest", "sex": "FEMALE", "collecting institution": "UPPSALA UNIVERSITY",
    "GAL": "SciLifeLab", "specimen_id": "ERGA_AE_000_001", "specimen_voucher": "NRM:AVES:20230001",
}  # fmt: skip


def table(folder, *rows, delimiter="\t"):
    path = folder / "specimens.csv"
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(
            handle, list(dict.fromkeys(k for row in rows for k in row)), delimiter=delimiter
        )
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def is_valid(path, schema):
    templates = Path(find_spec("ena_upload").origin).parent / "templates"
    xsd = etree.XMLSchema(etree.parse(templates / schema))
    xsd.assertValid(etree.parse(path))
    return True
