"""The provenance of a run as a Provenance Run RO-Crate 0.5: ro-crate-metadata.json in the results folder.

Specification: https://www.researchobject.org/workflow-run-crate/profiles/provenance_run_crate/. Tasks are
summed up by process: a run of thousands of tasks has one action for each of its some fifty processes, and
pipeline_info/trace.tsv lists the tasks.
"""

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from linnaea import __version__
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.paths import ROOT
from linnaea.base.tables import read_table, read_unfinished_table
from linnaea.catalogue.software import tools
from linnaea.formats.about import LICENCES, About, Author, read_about
from linnaea.run.launch import seconds_of
from linnaea.run.record import read_run_record

NAME = "ro-crate-metadata.json"
WORKFLOW = "pipeline_info/main.nf"
TRACE = "pipeline_info/trace.tsv"
HOME = "https://github.com/NBISweden/linnaea"
CONTEXT = ("https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context")
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#nextflow"
UNLICENSED = "#licence"
FORMATS = {
    ".json": "application/json", ".tsv": "text/tab-separated-values", ".csv": "text/csv",
    ".html": "text/html", ".txt": "text/plain", ".md": "text/markdown", ".png": "image/png",
    ".pdf": "application/pdf", ".gz": "application/gzip", ".yaml": "application/yaml",
    ".gff3": "text/x-gff3", ".gtf": "text/x-gtf",
    ".fasta": "text/x-fasta", ".nf": "application/nextflow", ".bam": "application/x-bam",
}  # fmt: skip

Entity = dict[str, Any]


@dataclass(frozen=True)
class ProcessRun:
    """All tasks of a process: first start, last end, tasks that ended well and attempts that failed."""

    name: str
    start: datetime
    end: datetime
    tasks: int
    failed: int


def link(identifier: str) -> dict[str, str]:
    """A reference to an entity."""
    return {"@id": identifier}


def links(identifiers: Iterable[str]) -> Any:
    """References to entities; a single one is not in a list, as RO-Crate 1.1 wants it."""
    found = [link(one) for one in identifiers]
    return found[0] if len(found) == 1 else found


def process_runs(trace: Path, zone: datetime) -> list[ProcessRun]:
    """Processes of a trace in the order of their first tasks; its times are in the zone of `zone`."""
    rows = defaultdict(list)
    for row in read_unfinished_table(trace):
        try:
            start = datetime.fromisoformat(row["submit"]).replace(tzinfo=zone.tzinfo)
        except (KeyError, ValueError):  # a row that the engine was still writing
            continue
        end = start + timedelta(seconds=seconds_of(row.get("duration", "")))
        rows[row["process"].split(":")[-1]].append((start, end, row["status"] in ("COMPLETED", "CACHED")))
    found = [
        ProcessRun(
            name,
            min(start for start, _, _ in tasks),
            max(end for _, end, _ in tasks),
            sum(good for _, _, good in tasks),
            sum(not good for _, _, good in tasks),
        )
        for name, tasks in rows.items()
    ]
    return sorted(found, key=lambda one: one.start)


def _parameter(identifier: str, name: str, kind: str, description: str, example: Any) -> Entity:
    return {
        "@id": identifier,
        "@type": "FormalParameter",
        "additionalType": kind,
        "conformsTo": link(PARAMETER),
        "name": name,
        "description": description,
        "workExample": example,
    }


def _kind(value: Any) -> str:
    for kind, name in ((bool, "Boolean"), (int, "Integer"), (float, "Float")):
        if isinstance(value, kind):
            return name
    return "Text"


def _public(value: Any) -> Any:
    """A value without folders of the machine that it was made on: of absolute paths, the file's name."""
    if isinstance(value, str) and value.startswith("/"):
        return Path(value).name
    if isinstance(value, list):
        return [_public(one) for one in value]
    return value


def _inputs(run: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Parameters that were given, and names of the input files: (name, description, value)."""
    for name, value in sorted(run.get("parameters", {}).items()):
        if value not in (None, "", [], {}):
            yield name, f"parameter --{name}", _public(value)
    current = run.get("of_this_run", [])
    for genome in run.get("genomes", []):
        if genome["id"] in current:
            for kind, files in genome.get("files", {}).items():
                yield f"{genome['id']}/{kind}", f"{kind} of {genome['name']}", _public(files)
    for sample in (run.get("population") or {}).get("samples", []):
        if sample["files"]:
            yield (
                f"popgen/{sample['sample']}",
                f"files of sample {sample['sample']}",
                _public(sample["files"]),
            )


def input_entities(run: Mapping[str, Any]) -> Iterator[tuple[Entity, Entity]]:
    """A formal parameter and its value for every input."""
    for name, description, value in _inputs(run):
        identifier, given = f"#input/{quote(name)}", f"#value/{quote(name)}"
        if isinstance(value, list | dict):
            value = value[0] if isinstance(value, list) and len(value) == 1 else json.dumps(value)
        yield (
            _parameter(identifier, name, _kind(value), description, link(given)),
            {
                "@id": given,
                "@type": "PropertyValue",
                "name": name,
                "value": value,
                "exampleOfWork": link(identifier),
            },
        )


def file_entity(row: Mapping[str, Any], output: str = "") -> Entity:
    """A file of the index; `output` is the formal parameter that it is an example of."""
    path = str(row["file"])
    entity: Entity = {
        "@id": quote(path),
        "@type": "File",
        "name": Path(path).name,
        "description": row["description"] or f"written by {row['step']}",
        "encodingFormat": FORMATS.get(Path(path).suffix, "application/octet-stream"),
    }
    if row.get("bytes") not in (None, ""):
        entity["contentSize"] = str(row["bytes"])
    return entity | ({"exampleOfWork": link(output)} if output else {})


def person(author: Author) -> Iterator[Entity]:
    """A person, with the address of the contact and the affiliation as entities of their own."""
    entity: Entity = {
        "@id": person_id(author), "@type": "Person", "name": author.name,
        "givenName": author.given, "familyName": author.family,
    }  # fmt: skip
    if author.email:
        entity |= {"email": author.email, "contactPoint": link(f"mailto:{author.email}")}
        yield {
            "@id": f"mailto:{author.email}", "@type": "ContactPoint", "contactType": "author",
            "email": author.email, "identifier": author.email, "url": f"mailto:{author.email}",
        }  # fmt: skip
    if author.affiliation or author.ror:
        entity["affiliation"] = link(author.ror or f"#organization/{quote(author.affiliation)}")
        yield organization(author.affiliation or author.ror, author.ror)
    yield entity


def person_id(author: Author) -> str:
    return f"https://orcid.org/{author.orcid}" if author.orcid else f"#person/{quote(author.name)}"


def organization(name: str, ror: str) -> Entity:
    identifier = ror or f"#organization/{quote(name)}"
    return {"@id": identifier, "@type": "Organization", "name": name} | ({"url": ror} if ror else {})


def licence_entity(about: About) -> Entity:
    """The licence of the data; as long as nobody has chosen one, an entity that says so."""
    if about.license:
        address = LICENCES[about.license]
        return {"@id": address, "@type": "CreativeWork", "name": about.license, "url": address,
                "description": f"licence {about.license}"}  # fmt: skip
    return {
        "@id": UNLICENSED,
        "@type": "CreativeWork",
        "name": "no licence yet",
        "description": "The data have no licence yet: `linnaea crate RESULTS --about about.yml` names one.",
    }


def _software(rows: Iterable[Mapping[str, str]]) -> tuple[list[Entity], dict[str, list[str]]]:
    """Tools with their versions as entities, and their identifiers by process."""
    known: dict[str, Mapping[str, Any]] = {tool["name"].lower(): tool for tool in tools()}
    entities: dict[str, Entity] = {}
    used: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        identifier = f"{HOME}#software/{quote(row['tool'])}/{quote(row['version'])}"
        facts = known.get(row["tool"].lower(), {})
        home = facts.get("homepage") or f"{HOME}#{quote(row['tool'])}"
        entities[identifier] = {
            "@id": identifier, "@type": "SoftwareApplication", "name": row["tool"],
            "softwareVersion": row["version"], "url": home,
        }  # fmt: skip
        process = row["process"].split(":")[-1]
        if identifier not in used[process]:
            used[process].append(identifier)
    return list(entities.values()), used


def crate(outdir: Path, rows: list[Mapping[str, Any]], about: About) -> dict[str, Any]:
    """The crate of a results folder; `rows` are those of its index.

    Raises InputError where no task is in the trace.
    """
    run = read_run_record(outdir)
    engine = run.get("engine", {})
    begin = datetime.fromisoformat(engine["start"]) if "start" in engine else datetime.now().astimezone()
    processes = process_runs(outdir / TRACE, begin)
    if not processes:
        raise InputError(f"{outdir / TRACE} lists no task; give the results folder of a run")
    start = begin if "start" in engine else processes[0].start
    last = max(one.end for one in processes)
    end = datetime.fromisoformat(engine["complete"]) if "complete" in engine else last
    inputs = list(input_entities(run))
    software, used = _software(read_unfinished_table(outdir / "pipeline_info/software.tsv"))
    files, results = _files(rows, {one.name for one in processes})
    outputs = [
        _parameter(f"#output/{step}", step, "File", f"files of {step}", links(made))
        for step, made in results.items()
    ]
    agent = {"agent": link(person_id(about.authors[0]))} if about.authors else {}
    common = agent | {
        "startTime": start.isoformat(timespec="seconds"),
        "endTime": end.isoformat(timespec="seconds"),
    }
    actions = [_action(one, used, results, agent) for one in processes]
    species = sorted(one["name"] for one in run.get("genomes", []) if one["id"] in run.get("of_this_run", []))
    default_title = f"Linnaea: {', '.join(species) or outdir.resolve().name}"
    graph: list[Entity] = [
        *_root(about, default_title, end, files, actions),
        *_standards(engine.get("nextflow", "unknown")),
        _workflow(inputs, outputs, processes),
        *(entity for pair in inputs for entity in pair),
        *outputs,
        *(_step(number, one.name) for number, one in enumerate(processes)),
        *(_tool(one.name, used, results) for one in processes),
        *software,
        *files,
        *(entity for author in about.authors for entity in person(author)),
        *_run(engine, inputs, files, processes, common),
        *actions,
    ]
    lean = [{key: value for key, value in entity.items() if value not in ([], "")} for entity in graph]
    unique = {entity["@id"]: entity for entity in lean}
    return {"@context": list(CONTEXT), "@graph": list(unique.values())}


def _files(
    rows: Iterable[Mapping[str, Any]], processes: Collection[str]
) -> tuple[list[Entity], dict[str, list[str]]]:
    """Files of the index and the trace, and the identifiers of files by the process that wrote them."""
    results: dict[str, list[str]] = defaultdict(list)
    files: list[Entity] = []
    for row in rows:
        if row["file"] in (WORKFLOW, NAME, TRACE):
            continue
        output = f"#output/{row['step']}" if row["step"] in processes else ""
        files.append(file_entity(row, output))
        if output:
            results[row["step"]].append(files[-1]["@id"])
    trace = file_entity({"file": TRACE, "description": "one row per task", "step": "NEXTFLOW"})
    return [*files, trace], results


def _root(
    about: About, title: str, end: datetime, files: list[Entity], actions: list[Entity]
) -> Iterator[Entity]:
    """The crate, the dataset that it describes, its licence and its publisher."""
    licence = licence_entity(about)
    yield {
        "@id": NAME,
        "@type": "CreativeWork",
        "about": link("./"),
        "conformsTo": links(
            ["https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]
        ),
    }
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title or title,
        "description": about.description or "Results and provenance of a run of the Linnaea pipelines",
        "datePublished": end.date().isoformat(),
        "license": link(licence["@id"]),
        "conformsTo": links(PROFILES),
        "mainEntity": link(WORKFLOW),
        "hasPart": links([WORKFLOW, *(one["@id"] for one in files)]),
        "mentions": links(["#run", *(one["@id"] for one in actions)]),
        "author": links(person_id(author) for author in about.authors),
        "keywords": ", ".join(about.keywords),
    }
    if about.publisher:
        publisher = organization(about.publisher, about.publisher_ror)
        root["publisher"] = link(publisher["@id"])
        yield publisher
    if about.doi:
        root["identifier"] = f"https://doi.org/{about.doi}"
    yield root
    yield licence


def _standards(nextflow: str) -> list[Entity]:
    """What every crate refers to: profiles, licence of the workflow, its language and its engine."""
    engine = "https://www.nextflow.io/"
    return [
        *(
            {"@id": profile, "@type": "CreativeWork", "name": name, "version": release}
            for profile, (name, release) in PROFILES.items()
        ),
        {"@id": PARAMETER, "@type": "CreativeWork", "name": "FormalParameter", "version": "1.0"},
        {"@id": WORKFLOW_PROFILE, "@type": "CreativeWork", "name": "ComputationalWorkflow", "version": "1.0"},
        {"@id": "https://spdx.org/licenses/MIT", "@type": "CreativeWork", "name": "MIT",
         "description": "MIT licence of the workflow"},
        {"@id": LANGUAGE, "@type": "ComputerLanguage", "name": "Nextflow", "version": nextflow,
         "identifier": link(engine), "url": link(engine)},
        {"@id": engine, "@type": "SoftwareApplication", "name": "Nextflow", "softwareVersion": nextflow,
         "url": engine},
    ]  # fmt: skip


def _workflow(
    inputs: list[tuple[Entity, Entity]], outputs: list[Entity], processes: list[ProcessRun]
) -> Entity:
    return {
        "@id": WORKFLOW,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "Linnaea",
        "description": "entry of the workflows; the whole is at its url",
        "encodingFormat": FORMATS[".nf"],
        "version": __version__,
        "url": HOME,
        "license": link("https://spdx.org/licenses/MIT"),
        "programmingLanguage": link(LANGUAGE),
        "conformsTo": link(WORKFLOW_PROFILE),
        "input": links(parameter["@id"] for parameter, _ in inputs),
        "output": links(one["@id"] for one in outputs),
        "hasPart": links(f"{HOME}#process/{one.name}" for one in processes),
        "step": links(f"{WORKFLOW}#{one.name}" for one in processes),
    }


def _run(
    engine: Mapping[str, Any],
    inputs: list[tuple[Entity, Entity]],
    files: list[Entity],
    processes: list[ProcessRun],
    common: Entity,
) -> Iterator[Entity]:
    """The run, the engine that organised it, and its control of each process; `common`: agent and times."""
    yield {
        "@id": "#run",
        "@type": "CreateAction",
        "name": engine.get("name", "run"),
        "description": _public_command(engine.get("command", "nextflow run")),
        "instrument": link(WORKFLOW),
        "object": links(value["@id"] for _, value in inputs),
        "result": links(one["@id"] for one in files),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        **common,
    }
    yield {
        "@id": "#engine",
        "@type": "OrganizeAction",
        "name": f"Nextflow {engine.get('nextflow', 'unknown')}",
        "instrument": link("https://www.nextflow.io/"),
        "object": links(f"#control/{one.name}" for one in processes),
        "result": link("#run"),
        **common,
    }
    for one in processes:
        yield {
            "@id": f"#control/{one.name}",
            "@type": "ControlAction",
            "name": f"control of {one.name}",
            "instrument": link(f"{WORKFLOW}#{one.name}"),
            "object": link(f"#tasks/{one.name}"),
        }


def _public_command(command: str) -> str:
    """A command line without the folders of its machine."""
    return re.sub(r"(?<![\w.:/])/(?:[^\s/'\"]+/)+", "", command)


def _step(position: int, process: str) -> Entity:
    return {
        "@id": f"{WORKFLOW}#{process}", "@type": "HowToStep", "name": process, "position": str(position),
        "workExample": link(f"{HOME}#process/{process}"),
    }  # fmt: skip


def _tool(process: str, used: Mapping[str, list[str]], results: Mapping[str, list[str]]) -> Entity:
    """A process as an application that needs its tools."""
    return {
        "@id": f"{HOME}#process/{process}",
        "@type": "SoftwareApplication",
        "name": process,
        "softwareVersion": __version__,
        "url": HOME,
        "softwareRequirements": links(used.get(process, [])),
        "output": links([f"#output/{process}"] if results.get(process) else []),
    }


def _action(
    process: ProcessRun, used: Mapping[str, list[str]], results: Mapping[str, list[str]], agent: Entity
) -> Entity:
    """The tasks of a process as one action."""
    failed = f", {process.failed} attempts failed" if process.failed else ""
    return {
        "@id": f"#tasks/{process.name}",
        "@type": "CreateAction",
        "name": process.name,
        "description": f"{process.tasks} tasks{failed}; listed in {TRACE}",
        "instrument": link(f"{HOME}#process/{process.name}"),
        "object": link(TRACE),
        "result": links(results.get(process.name, [])),
        "startTime": process.start.isoformat(timespec="seconds"),
        "endTime": process.end.isoformat(timespec="seconds"),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        **agent,
    }


def write_crate(outdir: Path, rows: Iterable[Mapping[str, Any]], about: About | None = None) -> Path:
    """Write the crate of a results folder, with a copy of main.nf that it describes; returns its path."""
    written = crate(outdir, list(rows), about or About())
    shutil.copyfile(ROOT / "main.nf", outdir / WORKFLOW)
    with complete_file(outdir / NAME) as handle:
        json.dump(written, handle, indent=1, ensure_ascii=False)
        handle.write("\n")
    return outdir / NAME


def run_crate(results: Path, /, *, about: Path | None = None) -> None:
    """Write the provenance of a run again, with authors and licence: a Provenance Run RO-Crate.

    results: results folder of a run that has ended
    about: title, authors, licence, publisher (YAML)
    """
    index = results / "index.tsv"
    if not (results / "pipeline_info").is_dir():
        raise InputError(f"{results} has no folder pipeline_info; give the --outdir of a run")
    if not index.is_file():
        raise InputError(f"{results} has no index.tsv: its run has not ended; run it again with -resume")
    rows: list[Mapping[str, Any]] = list(read_table(index))
    gone = [row["file"] for row in rows if not (results / row["file"]).is_file()]
    kept = [row for row in rows if row["file"] not in gone]
    if gone:
        print(f"note: {len(gone)} files of the index are gone and left out, first {gone[0]}")
    path = write_crate(results, kept, read_about(about))
    print(f"{len(kept)} files: {path}")


COMMAND = run_crate
