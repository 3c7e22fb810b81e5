"""The list of tools, containers/software.yml, and the files that are made from it."""

import argparse
import re
import sys
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.paths import ROOT, asset

LIST = ROOT / "containers" / "software.yml"
ANY_VERSION = r"(\d+\.\d+(?:\.\d+)*)"
CLASSES = re.compile(r"\[[^]]*\]|\\[dwS]|\(\?:")
# A pattern: what stands before the version, the version in parentheses, what follows.
PARTS = re.compile(r"((?:\\.|[^(\\])*)\(((?:\\.|\(\?:(?:\\.|[^()\\])*\)|[^()\\])+)\)((?:\\.|[^()\\])*)")


class Tool(TypedDict):
    """An entry of the list; its head says what the keys mean."""

    name: str
    role: str
    version: str
    command: str
    processes: list[str]
    step: str
    licence: str
    homepage: str
    citation: str | None
    bioconda: NotRequired[str | None]
    image: NotRequired[str | None]
    debian: NotRequired[str | None]
    debian_13: NotRequired[str]
    pattern: NotRequired[str]
    version_13: NotRequired[str]
    programs: NotRequired[list[str]]
    pypi: NotRequired[str | None]
    multiqc: NotRequired[str]
    fetch: NotRequired[str]
    alone: NotRequired[bool]
    libraries: NotRequired[list[str]]
    broken: NotRequired[list[dict[str, Any]]]
    tested: NotRequired[bool]


def tools() -> list[Tool]:
    """The entries of containers/software.yml, in their order."""
    import yaml

    return yaml.safe_load(LIST.read_text())


def debian_packages(role: str) -> list[str]:
    """Debian packages of the tools of one role, sorted."""
    listed = (tool.get("debian") or "" for tool in tools() if tool["role"] == role)
    return sorted({package for packages in listed for package in packages.split()})


def test_packages() -> list[str]:
    """Debian packages of the tests: their own tools, and the optional tools that they run."""
    tested = [tool.get("debian") for tool in tools() if tool["role"] == "option" and tool.get("tested")]
    return sorted({*debian_packages("test"), *filter(None, tested)})


def compiled_packages() -> set[str]:
    """Python packages of the embedded set-up that have no wheel."""
    lines = (LIST.parent / "requirements-compiled.txt").read_text().splitlines()
    return {line.split("==")[0] for line in lines if "==" in line}


def image_packages() -> list[str]:
    """Debian packages of the image, which is Debian 13: of all tools that it has, and `ps` for the engine."""
    listed = [_package_of_the_image(tool) for tool in image_tools()]
    return sorted({"procps", "python3", *" ".join(listed).split()})


def image_tools() -> list[Tool]:
    """Tools that the image has beside our own package: those of Debian 13, and embedded ones of PyPI."""
    return [
        tool
        for tool in tools()
        if tool["role"] != "test"
        and (_package_of_the_image(tool) or (tool["role"] == "embedded" and tool.get("pypi")))
    ]


def _package_of_the_image(tool: Tool) -> str:
    return tool.get("debian_13", tool.get("debian")) or ""


def processes() -> dict[str, list[Tool]]:
    """Process -> the tools it runs, in the order of the list; processes sorted by name."""
    users: dict[str, list[Tool]] = {}
    for tool in tools():
        for process in tool["processes"]:
            users.setdefault(process, []).append(tool)
    return dict(sorted(users.items()))


def programs(tool: Tool) -> list[str]:
    """Programs of a tool that steps call: `programs`, or the first word of what prints its version."""
    return tool.get("programs", tool["command"].split()[:1])


def conda_specs(used: list[Tool]) -> list[str]:
    """Conda packages of a process, from the tools it runs."""
    shared = not any(tool.get("alone") for tool in used)
    return [
        spec
        for tool in used
        for spec in [*(tool.get("libraries", []) if shared else []), tool.get("bioconda")]
        if spec
    ]


def published_image(used: list[Tool]) -> str | None:
    """The image of the optional tool of a process; None for a process of the embedded set-up."""
    return next((tool["image"] for tool in used if tool["role"] == "option" and tool.get("image")), None)


def nextflow_config() -> str:
    """Text of conf/software.config: conda packages of each process, and its image where it is not our own."""
    lines = [
        "// Made from containers/software.yml by `linnaea software`.",
        "process {",
    ]
    for process, used in processes().items():
        settings = [f"        conda = '{' '.join(conda_specs(used))}'"] if conda_specs(used) else []
        if image := published_image(used):
            settings.append(f"        container = '{image}'")
        if settings:
            lines += [f"    withName: '{process}' {{", *settings, "    }"]
    return "\n".join([*lines, "}", ""])


def tool_versions() -> str:
    """Text of bin/tool_versions.sh: plain sh with grep and sed, as published images may hold nothing else."""
    named = {
        process: [tool["name"] for tool in used if tool["name"] != "linnaea"]
        for process, used in processes().items()
    }
    of_process = [f"    {process}) tools='{' '.join(names)}' ;;" for process, names in named.items() if names]
    of_tool = [
        f"        {tool['name']}) version {_quoted_pattern(tool)} {tool['command']} ;;"
        for tool in tools()
        if any(tool["name"] in names for names in named.values())
    ]
    return f"""\
#!/bin/sh
# Made from containers/software.yml by `linnaea software`.
# tool_versions.sh PROCESS [PROGRAM]: the tools of a process and their versions, one per line. PROGRAM is run
# in place of the tool's own. A tool that prints no version has the version "unknown".
version() {{
    before=$1 number=$2 after=$3
    shift 3
    [ -z "$program" ] || {{ shift; set -- "$program" "$@"; }}
    # what it writes to stderr is read after stdout
    found=$({{ errors=$("$@" < /dev/null 2>&1 >&3 3>&-); echo "$errors"; }} 3>&1 \\
        | grep -oE -e "$before$number$after" | sed -nE "1{{s/^$before//;s/$after\\$//;p;}}")
    printf '%s\\t%s\\n' "$tool" "${{found:-unknown}}"
}}
program=${{2:-}}
case $1 in
{chr(10).join(of_process)}
    *) echo "tool_versions.sh: containers/software.yml names no tool of the process $1" >&2; exit 1 ;;
esac
for tool in $tools; do
    case $tool in
{chr(10).join(of_tool)}
    esac
done
"""


def _quoted_pattern(tool: Tool) -> str:
    """The three parts of the pattern of a tool as extended regular expressions, for sh."""
    parts = PARTS.fullmatch(tool.get("pattern", ANY_VERSION))
    assert parts, f"{tool['name']}: the pattern needs one group, the version"
    return " ".join(f"'{CLASSES.sub(_extended, part)}'" for part in parts.groups())


def _extended(found: re.Match[str]) -> str:
    """A class of Python's regular expressions as an extended one."""
    if found[0] == "(?:":
        return "("
    inside = found[0].removeprefix("[").removesuffix("]")
    for short, long in (("\\d", "0-9"), ("\\w", "A-Za-z0-9_"), ("\\S", "^[:space:]")):
        inside = inside.replace(short, long)
    return f"[{inside}]"


def published_images() -> str:
    """Text of containers/images.txt: optional tools and their published images."""
    listed = [tool for tool in tools() if tool["role"] == "option" and tool.get("image")]
    return "".join(f"{tool['name']} {tool['image']}\n" for tool in listed)


def made_files() -> dict[Path, str]:
    """Path -> text of every file made from the list."""
    return {
        ROOT / "conf" / "software.config": nextflow_config(),
        asset("multiqc_config.yml"): multiqc_config(),
        ROOT / "bin" / "tool_versions.sh": tool_versions(),
        ROOT / "containers" / "images.txt": published_images(),
        ROOT / "containers" / "apt.txt": "\n".join([*debian_packages("embedded"), ""]),
        ROOT / "containers" / "apt-image.txt": "\n".join([*image_packages(), ""]),
        ROOT / "containers" / "apt-test.txt": "\n".join([*test_packages(), ""]),
    }


def multiqc_config() -> str:
    """Text of assets/multiqc_config.yml, whose modules are those of the tools (`multiqc`) in their order."""
    modules = ["custom_content", *(tool["multiqc"] for tool in tools() if tool.get("multiqc"))]
    listed = "".join(f"  - {module}\n" for module in dict.fromkeys(modules))
    keys = r"(?m)^(module_order|run_modules):\n(?:  - .*\n)+"
    return re.sub(keys, lambda found: f"{found[1]}:\n{listed}", asset("multiqc_config.yml").read_text())


def write_or_check(files: dict[Path, str], check: bool, remedy: str) -> int:
    """Write made files, or with `check` raise InputError naming those that are out of date."""
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if check and stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        raise InputError(f"{names} out of date; call `{remedy}` and commit the result")
    for path in stale:
        with complete_file(path) as handle:
            handle.write(files[path])
        if files[path].startswith("#!"):
            path.chmod(0o755)
        print(f"wrote {path.relative_to(ROOT)}", file=sys.stderr)
    return 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--check` writes nothing and fails when a made file is out of date."""
    parser.add_argument("--check", action="store_true", help="only check that everything is up to date")


def run(args: argparse.Namespace) -> int:
    """Write (or check) conf/software.config and the Debian package lists."""
    return write_or_check(made_files(), args.check, "linnaea software")
