"""RO-Crates judged by roc-validator without a network: the documents that it asks for come from packages."""

import json
from pathlib import Path

import rocrate
from rocrate_validator import models, services
from rocrate_validator.utils import document_loader, http

BASE = "https://w3id.org/ro/crate/1.1/context"
RUN = "https://w3id.org/ro/terms/workflow-run/context"
RUN_TERMS = ("sha256", "containerImage", "environment", "resourceUsage", "ParameterConnection", "connection")


def _contexts() -> dict[str, dict]:
    """The vocabulary of the package rocrate, with four terms as RO-Crate 1.1 has them now."""
    base = json.loads((Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text())
    bioschemas = "https://bioschemas.org/"
    base["@context"] |= {
        "FormalParameter": f"{bioschemas}FormalParameter",
        "ComputationalWorkflow": f"{bioschemas}ComputationalWorkflow",
        "input": f"{bioschemas}ComputationalWorkflow#input",
        "output": f"{bioschemas}ComputationalWorkflow#output",
    }
    terms = {term: f"https://w3id.org/ro/terms/workflow-run#{term}" for term in RUN_TERMS}
    return {BASE: base, RUN: {"@context": terms}}


class _Response:
    status_code = 200
    ok = True

    def __init__(self, document):
        self.headers = {"Content-Type": "application/ld+json"}
        self.text = json.dumps(document)
        self.content = self.text.encode()
        self.json = lambda: document


def violations(folder: Path, monkeypatch) -> tuple[list[str], int]:
    """Violations of the REQUIRED checks of Provenance Run Crate 0.5, and the number of checks made."""
    contexts = _contexts()

    def get(self, url, *arguments, **options):
        if url.rstrip("/") not in contexts:
            raise ConnectionError(f"no network: {url}")
        return _Response(contexts[url.rstrip("/")])

    for method in ("get", "head"):
        monkeypatch.setattr(http.HttpRequester, method, get, raising=False)
    monkeypatch.setattr(document_loader, "_fetch_json_ld", lambda url: contexts[url.rstrip("/")])
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier="provenance-run-crate-0.5",
            requirement_severity=models.Severity.REQUIRED,
            offline=True,
        )
    )
    return [f"{i.check.identifier}: {i.message}" for i in result.get_issues()], len(result.executed_checks)


def unknown_terms(crate: dict) -> set[str]:
    """Keys and types of a crate that its vocabularies lack; a reader drops them without a word."""
    known = set().union(*(document["@context"] for document in _contexts().values())) | {"@id", "@type"}
    used: set[str] = set()
    for entity in crate["@graph"]:
        types = entity["@type"]
        used |= {*entity, *(types if isinstance(types, list) else [types])}
    return used - known
