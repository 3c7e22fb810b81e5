"""Make, check or unpack one archive for a site without internet: code, engine, images, databases."""

import argparse
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from linnaea import __version__
from linnaea.base.errors import InputError
from linnaea.base.files import complete_path
from linnaea.base.paths import ROOT, asset
from linnaea.install import engine

SUMS = "SHA256SUMS"
TEMPLATES = asset("bundle")
DATABASES = (
    "busco_lineage", "omark_database", "omark_taxonomy", "rfam", "pfam", "interproscan", "eggnog_data",
    "function_proteins",
)  # fmt: skip
NOT_CODE = {"build", "demo", "results", "work", "__pycache__"}
PIECE = 1 << 20


@dataclass(frozen=True)
class Member:
    """A file of the bundle: its path there, and its content as a file on disk or as bytes."""

    name: str
    source: Path | bytes
    executable: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--out` makes a bundle, `--verify` and `--unpack` read one."""
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--out", type=Path, metavar="TAR", help="bundle to make")
    task.add_argument(
        "--verify", type=Path, metavar="PATH", help="bundle, or folder it was unpacked to, to check"
    )
    task.add_argument("--unpack", type=Path, metavar="TAR", help="bundle to check and unpack")
    parser.add_argument("--to", type=Path, default=Path(), help="folder to unpack into (default: here)")
    parser.add_argument(
        "--image", type=Path, help="image of `make image` (default: the one in build/, if it exists)"
    )
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="images that containers/pull.sh fetched"
    )
    parser.add_argument(
        "-c", "--config", type=Path, action="append", default=[], help="configuration of the runs"
    )
    parser.add_argument("--profile", help="profiles of the runs")
    parser.add_argument("--params-file", type=Path, help="parameters of the runs (YAML or JSON)")
    parser.add_argument(
        "--list-databases", action="store_true",
        help="of the databases that the configuration names, write only sizes and checksums",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Make, check or unpack a bundle."""
    if args.out:
        sums = make(args)
        size = args.out.stat().st_size
        print(f"{args.out}: {size / 1e6:.0f} MB; checksum of its {SUMS}: {sums}")
    elif args.verify:
        if args.verify.is_dir():
            count, sums = verify_folder(args.verify)
        else:
            count, sums = read_archive(args.verify)
        print(f"{args.verify}: complete, {count} files; checksum of its {SUMS}: {sums}")
    else:
        folder = unpack(args.unpack, args.to)
        print(f"{folder}: unpacked; continue with {folder}/README.txt")
    return 0


def make(args: argparse.Namespace) -> str:
    """Write the bundle; returns the SHA-256 of its list of checksums."""
    image = args.image or (ROOT / "build" / "linnaea.tar.gz")
    if args.image and not image.is_file():
        raise InputError(f"{image} does not exist; `make image` makes it")
    top = f"linnaea-{__version__}"
    paths = database_paths(run_parameters(args))
    members = [
        *code(),
        *engine_files(),
        *([Member("image/linnaea.tar.gz", image)] if image.is_file() else []),
        *(files_below(args.images, "images") if args.images else []),
        *(databases_listed(paths) if args.list_databases else databases_copied(paths)),
        *(Member(f"config/{path.name}", path) for path in args.config),
        Member("README.txt", (TEMPLATES / "README.txt").read_bytes()),
        Member("set_up.sh", (TEMPLATES / "set_up.sh").read_bytes(), executable=True),
    ]
    names = [member.name for member in members]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InputError(f"two files would be {twice[0]} in the bundle; rename one")
    sums = {}
    with complete_path(args.out) as partial, tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            sums[member.name] = add(archive, f"{top}/{member.name}", member)
        listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()
        add(archive, f"{top}/{SUMS}", Member(SUMS, listed))
    return hashlib.sha256(listed).hexdigest()


class _Hashing:
    """A file that is read once and hashed on the way."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.handle = handle
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.handle.read(size)
        self.digest.update(piece)
        return piece


def add(archive: tarfile.TarFile, name: str, member: Member) -> str:
    """Append a file to the archive; returns its SHA-256."""
    info = tarfile.TarInfo(name)
    info.mode = 0o755 if member.executable else 0o644
    if isinstance(member.source, bytes):
        info.size = len(member.source)
        content = _Hashing(io.BytesIO(member.source))
        archive.addfile(info, content)
        return content.digest.hexdigest()
    facts = member.source.stat()
    info.size, info.mtime = facts.st_size, int(facts.st_mtime)
    with member.source.open("rb") as handle:
        content = _Hashing(handle)
        try:
            archive.addfile(info, content)
        except OSError as error:
            if error.filename is None and "end of data" in str(error):
                raise InputError(f"{member.source} became shorter while it was being read") from error
            raise
    return content.digest.hexdigest()


def files_below(folder: Path, name: str) -> Iterator[Member]:
    """All files below a folder, links followed, in the order of their names."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder")
    for path in sorted(
        Path(parent) / file for parent, _, files in os.walk(folder, followlinks=True) for file in files
    ):
        yield Member(f"{name}/{path.relative_to(folder).as_posix()}", path, os.access(path, os.X_OK))


def code() -> Iterator[Member]:
    """The files that git knows, as they are committed; without git those of the checkout."""
    is_checkout = (ROOT / ".git").exists()
    if is_checkout:
        changed = subprocess.run(
            ["git", "-C", ROOT, "status", "--porcelain"], capture_output=True, text=True, check=True
        ).stdout
        if changed:
            print("note: the bundle holds the last commit, changes after it are left out", file=sys.stderr)
        packed = subprocess.run(
            ["git", "-C", ROOT, "archive", "HEAD"], capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            for info in archive:
                if content := archive.extractfile(info):
                    yield Member(f"code/{info.name}", content.read(), bool(info.mode & 0o100))
        return
    for member in files_below(ROOT, "code"):
        parts = PurePosixPath(member.name).parts[1:]
        if not (NOT_CODE & set(parts) or any(part.startswith(".") and part != ".ci" for part in parts[:-1])):
            yield member


def engine_files() -> Iterator[Member]:
    """Nextflow's jars, a Java runtime, and the launcher that ties them."""
    java, jars = engine.java_home(), Path(sys.prefix) / "nextflow"
    engine.resolve(jars, java, [engine.COORDINATES])
    yield from files_below(jars, "engine/jars")
    yield from files_below(java, "engine/java")
    here = 'here=$(dirname "$(readlink -f "$0")")\n'
    text = engine.launcher("$here/java", "$here/jars", here)
    yield Member("engine/nextflow", text.encode(), executable=True)


def run_parameters(args: argparse.Namespace) -> dict[str, Any]:
    """Parameters as Nextflow understands the configuration, those of the parameters file over them."""
    if not (args.config or args.profile or args.params_file):
        return {}
    given = [word for path in args.config for word in ("-c", str(path))]
    parameters: dict[str, Any] = {
        name.removeprefix("params."): value.strip("'")
        for name, value in engine.configuration(given, args.profile or "").items()
        if name.startswith("params.") and value != "null"
    }
    if args.params_file:
        import yaml

        parameters |= yaml.safe_load(args.params_file.read_text()) or {}
    return parameters


def database_paths(parameters: dict[str, Any]) -> dict[str, tuple[Path, Path]]:
    """Parameter -> (what to take along, what the parameter names: that or a file in it)."""
    found = {}
    for name in DATABASES:
        if parameters.get(name):
            path = Path(parameters[name]).absolute()
            if not path.exists():
                raise InputError(f"{path}, which the parameter {name} names, does not exist")
            found[name] = (path.parent if name == "interproscan" else path, path)
    return found


def databases_copied(paths: dict[str, tuple[Path, Path]]) -> Iterator[Member]:
    """The databases, and offline.config that names them where they will lie."""
    lines = ["// databases of this bundle"]
    for name, (whole, named) in paths.items():
        base = f"databases/{name}/{whole.name}"
        if whole.is_dir():
            yield from files_below(whole, base)
        else:
            yield Member(base, whole)
        inside = "" if named == whole else f"/{named.relative_to(whole).as_posix()}"
        lines.append(f'params.{name} = "${{projectDir}}/../{base}{inside}"')
    yield Member("offline.config", "\n".join([*lines, ""]).encode())


def databases_listed(paths: dict[str, tuple[Path, Path]]) -> Iterator[Member]:
    """A list for `sha256sum -c` of each database, called in the folder it lies in, and a table of sizes."""
    rows = ["parameter\tpath\tfiles\tbytes"]
    for name, (whole, _) in paths.items():
        members = list(files_below(whole, whole.name)) if whole.is_dir() else [Member(whole.name, whole)]
        files = [(member.source, member.name) for member in members if isinstance(member.source, Path)]
        sums = "".join(f"{digest_of(source)}  {inside}\n" for source, inside in files)
        yield Member(f"databases/{name}.sha256", sums.encode())
        rows.append(f"{name}\t{whole}\t{len(members)}\t{sum(source.stat().st_size for source, _ in files)}")
    yield Member("databases/databases.tsv", "\n".join([*rows, ""]).encode())
    lines = [f"// params.{name} = '...'  // where it lies here" for name in paths]
    yield Member("offline.config", "\n".join([*lines, ""]).encode())


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def parse_sums(text: str) -> dict[str, str]:
    """Path -> SHA-256, from a list in the form of sha256sum."""
    sums = {}
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise InputError(f"{SUMS} has a line that is not a checksum: {line[:80]}")
        sums[name] = digest
    return sums


def compare(listed: dict[str, str], seen: dict[str, str | None], where: Path) -> None:
    """InputError, after a line for each, when files are missing, altered or (in an archive) unknown."""
    faults = [
        *(f"missing: {name}" for name in sorted(listed) if seen.get(name) is None),
        *(f"altered: {name}" for name in sorted(listed) if seen.get(name) not in (None, listed[name])),
        *(f"not in {SUMS}: {name}" for name in sorted(seen.keys() - listed.keys())),
    ]
    if faults:
        print("\n".join(faults), file=sys.stderr)
        raise InputError(f"{where}: {len(faults)} of {len(listed)} files are not as packed; copy it again")


def verify_folder(folder: Path) -> tuple[int, str]:
    """Check an unpacked bundle; returns the number of files and the SHA-256 of its list of checksums.

    Files that came later (images built there, results) are none of its business.
    """
    text = (folder / SUMS).read_text()
    listed = parse_sums(text)
    seen = {
        name: digest_of(folder / name) if (folder / name).is_file() and is_inside(name) else None
        for name in listed
    }
    compare(listed, seen, folder)
    return len(listed), hashlib.sha256(text.encode()).hexdigest()


def is_inside(name: str) -> bool:
    """Whether a member's name stays in the folder that it is unpacked to."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def read_archive(
    path: Path, take: Callable[[str, tarfile.TarInfo, Iterator[bytes]], None] | None = None
) -> tuple[int, str]:
    """Read a bundle once and check it; returns the number of files and the SHA-256 of its list of checksums.

    `take` is given each file's name, its entry and its content in pieces. InputError for a member that would
    leave its folder or is anything but a file or a folder, for a cut archive, and for what is missing,
    altered or unknown.
    """
    seen: dict[str, str | None] = {}
    text = b""
    tops = set()
    try:
        with tarfile.open(path, "r|*") as archive:
            for info in archive:
                if not is_inside(info.name) or not (info.isreg() or info.isdir()):
                    raise InputError(f"{path}: {info.name} would leave its folder, or is not a plain file")
                parts = PurePosixPath(info.name).parts
                tops.add(parts[0] if parts else "")
                if info.isdir():
                    continue
                name = PurePosixPath(*parts[1:]).as_posix()
                if name in seen or len(parts) < 2:
                    raise InputError(f"{path}: {info.name} occurs twice, or is outside the bundle's folder")
                digest = hashlib.sha256()
                content = archive.extractfile(info)
                if content is None:
                    raise InputError(f"{path}: {info.name} is not a plain file")
                pieces = _pieces(content, digest)
                if name == SUMS:
                    text = b"".join(pieces)
                    pieces = iter([text])
                if take:
                    take(name, info, pieces)
                for _ in pieces:
                    pass
                if name != SUMS:
                    seen[name] = digest.hexdigest()
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.filename:
            raise
        raise InputError(f"{path}: the archive is truncated or damaged ({error}); copy it again") from error
    if not text or len(tops) != 1:
        raise InputError(f"{path} is not a complete bundle: it has no {SUMS}; copy it again")
    listed = parse_sums(text.decode())
    compare(listed, seen, path)
    return len(listed), hashlib.sha256(text).hexdigest()


def _pieces(handle: IO[bytes], digest: Any) -> Iterator[bytes]:
    """The content of a file in pieces, hashed as they pass."""
    while piece := handle.read(PIECE):
        digest.update(piece)
        yield piece


def unpack(path: Path, into: Path) -> Path:
    """Unpack a bundle below `into`; the folder appears under its name only when every checksum agreed."""
    into.mkdir(parents=True, exist_ok=True)
    partial = into / f".{path.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)

    def take(name: str, info: tarfile.TarInfo, pieces: Iterator[bytes]) -> None:
        target = partial / info.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as handle:
            for piece in pieces:
                handle.write(piece)
        target.chmod(0o755 if info.mode & 0o100 else 0o644)
        os.utime(target, (info.mtime, info.mtime))

    try:
        read_archive(path, take)
        (top,) = partial.iterdir()
        folder = into / top.name
        if folder.exists():
            raise InputError(f"{folder} already exists; give another folder with --to")
        top.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
