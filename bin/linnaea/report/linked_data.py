"""Datasets in the terms of schema.org, as search engines for data read them in a page.

Profile: https://bioschemas.org/profiles/Dataset/1.0-RELEASE.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from linnaea import __version__

PROFILE = "https://bioschemas.org/profiles/Dataset/1.0-RELEASE"
HOME = "https://github.com/NBISweden/linnaea"
# Unit codes of UN/CEFACT and UCUM are not enough for genomes: units are texts.
Measured = tuple[str, float | int | str, str]


def dataset(
    name: str,
    description: str,
    species: str = "",
    *,
    identifier: str = "",
    measured: Iterable[Measured] = (),
    day: date,
) -> dict[str, Any]:
    """A dataset, of a species when one is named, with (name, value, unit) of what was measured."""
    record: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "http://purl.org/dc/terms/conformsTo": {"@type": "CreativeWork", "@id": PROFILE},
        "name": name,
        "description": description,
        "dateCreated": day.isoformat(),
        "keywords": [word for word in ("genome", species) if word],
        "isBasedOn": {
            "@type": "SoftwareApplication",
            "name": "Linnaea",
            "softwareVersion": __version__,
            "url": HOME,
        },
    }
    if identifier:
        record["identifier"] = identifier
    if species:
        record["about"] = {"@type": "Taxon", "name": species}
    variables = [
        {"@type": "PropertyValue", "name": label, "value": value} | ({"unitText": unit} if unit else {})
        for label, value, unit in measured
    ]
    if variables:
        record["variableMeasured"] = variables
    return record
