"""What no run knows and every publication needs: title, authors, licence … in one YAML file, about.yml."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError

ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
ROR = re.compile(r"https://ror\.org/0[a-hj-km-np-tv-z0-9]{6}\d{2}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
DOI = re.compile(r"10\.\d{4,9}/\S+")
# SPDX identifier: address of the licence.
LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
KEYS = (
    "title", "description", "authors", "license", "publisher", "keywords", "funding", "related", "doi",
    "project",
)  # fmt: skip
AUTHOR_KEYS = ("given", "family", "orcid", "email", "affiliation", "ror", "telephone")


@dataclass(frozen=True)
class Author:
    """A person; what was not given is ""."""

    given: str
    family: str
    orcid: str = ""
    email: str = ""
    affiliation: str = ""
    ror: str = ""
    telephone: str = ""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True)
class About:
    """Facts of a publication. The first author is the contact; `license` is an SPDX identifier."""

    title: str = ""
    description: str = ""
    authors: tuple[Author, ...] = ()
    license: str = ""
    publisher: str = ""
    publisher_ror: str = ""
    keywords: tuple[str, ...] = ()
    funding: tuple[Mapping[str, str], ...] = field(default=())
    related: tuple[str, ...] = ()
    doi: str = ""
    project: str = ""


def is_orcid(text: str) -> bool:
    """Whether an ORCID iD has the right form and check digit (ISO 7064, MOD 11-2)."""
    if not ORCID.fullmatch(text):
        return False
    digits = text.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return digits[-1] == ("X" if check == 10 else str(check))


def read_about(path: str | Path | None, required: tuple[str, ...] = ()) -> About:
    """Facts of about.yml; without a path those of nobody.

    Raises InputError that lists all faults, also keys of `required` that are absent.
    """
    import yaml

    given: Any = {}
    if path is not None:
        try:
            given = yaml.safe_load(Path(path).read_text()) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InputError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(given, dict):
        raise InputError(f"{path}: give keys and values, such as `title: …`; the keys are {', '.join(KEYS)}")
    faults = [*_faults(given), *(f"{key} is missing" for key in required if not given.get(key))]
    if faults:
        raise InputError(f"{path or 'about.yml'}: {'; '.join(faults)}")
    publisher = given.get("publisher") or {}
    return About(
        title=given.get("title", ""),
        description=given.get("description", ""),
        authors=tuple(
            Author(**{key: str(value) for key, value in one.items()}) for one in given.get("authors", ())
        ),
        license=given.get("license", ""),
        publisher=publisher.get("name", ""),
        publisher_ror=publisher.get("ror", ""),
        keywords=tuple(given.get("keywords", ())),
        funding=tuple(given.get("funding", ())),
        related=tuple(given.get("related", ())),
        doi=given.get("doi", ""),
        project=given.get("project", ""),
    )


def _faults(given: Mapping[str, Any]) -> Iterator[str]:
    for key in given:
        if key not in KEYS:
            yield f"{key} is not a key; the keys are {', '.join(KEYS)}"
    for key in ("title", "description", "license", "doi", "project"):
        if not isinstance(given.get(key, ""), str):
            yield f"{key} is not a text"
    for key in ("authors", "keywords", "funding", "related"):
        if not isinstance(given.get(key, []), list):
            yield f"{key} is not a list"
    licence = given.get("license", "")
    if licence and licence not in LICENCES:
        yield f"license {licence} is none of {', '.join(LICENCES)}"
    authors = given.get("authors", [])
    for number, author in enumerate(authors if isinstance(authors, list) else [], 1):
        yield from (f"author {number}: {fault}" for fault in _author_faults(author))
    publisher = given.get("publisher") or {}
    if not isinstance(publisher, dict) or not (publisher.keys() <= {"name", "ror"}):
        yield "publisher has other keys than name and ror"
    elif publisher.get("ror") and not ROR.fullmatch(str(publisher["ror"])):
        yield f"publisher: {publisher['ror']} is not a ROR identifier (https://ror.org/0…)"
    for key, dois in (("doi", [given.get("doi") or ""]), ("related", given.get("related") or [])):
        for doi in dois if isinstance(dois, list) else []:
            if doi and not DOI.fullmatch(str(doi)):
                yield f"{key}: {doi} is not a DOI (10.…/…)"
    funding = given.get("funding", [])
    for number, one in enumerate(funding if isinstance(funding, list) else [], 1):
        if not isinstance(one, dict) or not one.get("funder") or not one.keys() <= {"funder", "award"}:
            yield f"funding {number}: give funder, and award"


def _author_faults(author: Any) -> Iterator[str]:
    if not isinstance(author, dict):
        yield f"give {', '.join(AUTHOR_KEYS)}"
        return
    for key in author:
        if key not in AUTHOR_KEYS:
            yield f"{key} is not a key; the keys are {', '.join(AUTHOR_KEYS)}"
    for key in ("given", "family"):
        if not author.get(key):
            yield f"{key} name is missing"
    if author.get("orcid") and not is_orcid(str(author["orcid"])):
        yield f"{author['orcid']} is not an ORCID iD; write 0000-0002-1825-0097, and check its digits"
    if author.get("ror") and not ROR.fullmatch(str(author["ror"])):
        yield f"{author['ror']} is not a ROR identifier (https://ror.org/0…)"
    if author.get("email") and not EMAIL.fullmatch(str(author["email"])):
        yield f"{author['email']} is not an e-mail address"
