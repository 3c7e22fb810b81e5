import io
import os
import subprocess
import tarfile
from argparse import ArgumentParser

import pytest

from linnaea import cli
from linnaea.base.errors import InputError
from linnaea.install import bundle

pytestmark = pytest.mark.slow

SMALL_CODE = [
    bundle.Member("code/main.nf", b"workflow { }\n"),
    bundle.Member("code/bin/step.py", b"#\n", True),
]


@pytest.fixture
def small(monkeypatch):
    """Bundles without an engine and with two files of code."""
    monkeypatch.setattr(bundle, "code", lambda: iter(SMALL_CODE))
    monkeypatch.setattr(bundle, "engine_files", lambda: iter(()))
    monkeypatch.setattr(bundle, "ROOT", bundle.ROOT / "nowhere")


def arguments(*words):
    parser = ArgumentParser()
    bundle.add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def rfam(tmp_path, monkeypatch):
    """A database that the configuration names."""
    folder = tmp_path / "store" / "Rfam"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "Rfam.cm").write_text("INFERNAL1/a\n" * 1000)
    (tmp_path / "store" / "clans").write_text("CL00001\n")
    (folder / "Rfam.clanin").symlink_to(tmp_path / "store" / "clans")
    monkeypatch.setattr(bundle, "run_parameters", lambda args: {"rfam": str(folder)})
    return folder


@pytest.fixture
def made(small, rfam, tmp_path):
    out = tmp_path / "small.tar"
    assert cli.main(["bundle", "--out", str(out)]) == 0
    return out


def test_a_bundle_is_whole_and_unpacks_to_what_was_packed(made, tmp_path, rfam, capsys):
    assert cli.main(["bundle", "--verify", str(made)]) == 0
    assert cli.main(["bundle", "--unpack", str(made), "--to", str(tmp_path / "site")]) == 0
    (folder,) = (tmp_path / "site").iterdir()
    assert (folder / "databases/rfam/Rfam/sub/Rfam.cm").read_text() == (rfam / "sub/Rfam.cm").read_text()
    clans = folder / "databases/rfam/Rfam/Rfam.clanin"
    assert clans.read_text() == "CL00001\n"
    assert not clans.is_symlink()
    assert os.access(folder / "set_up.sh", os.X_OK)
    assert not os.access(folder / "code/main.nf", os.X_OK)
    assert 'params.rfam = "${projectDir}/../databases/rfam/Rfam"' in (folder / "offline.config").read_text()
    # the list is what coreutils takes, for a site whose Python is old
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder).returncode == 0
    assert cli.main(["bundle", "--verify", str(folder)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split()[-1] == said[-1].split()[-1]


def test_what_is_missing_or_altered_is_named(made, tmp_path, capsys):
    folder = bundle.unpack(made, tmp_path / "site")
    (folder / "code/main.nf").write_text("workflow { println 1 }\n")
    (folder / "databases/rfam/Rfam/Rfam.clanin").unlink()
    (folder / "results").mkdir()
    (folder / "results/new.txt").write_text("came later")
    assert cli.main(["bundle", "--verify", str(folder)]) == 1
    said = capsys.readouterr().err
    assert "altered: code/main.nf" in said
    assert "missing: databases/rfam/Rfam/Rfam.clanin" in said
    assert "2 of " in said
    assert "new.txt" not in said


@pytest.mark.parametrize("at", [0.2, 0.9])
def test_one_flipped_byte_or_a_cut_is_found_and_nothing_is_unpacked(made, tmp_path, at, capsys):
    content = bytearray(made.read_bytes())
    place = content.index(b"INFERNAL1/a\n" * 10) + int(at * 10_000)
    content[place] ^= 1
    (tmp_path / "flipped.tar").write_bytes(content)
    (tmp_path / "cut.tar").write_bytes(made.read_bytes()[:place])
    for name in ("flipped.tar", "cut.tar"):
        assert cli.main(["bundle", "--verify", str(tmp_path / name)]) == 1
        assert cli.main(["bundle", "--unpack", str(tmp_path / name), "--to", str(tmp_path / "site")]) == 1
        assert list((tmp_path / "site").iterdir()) == []
    assert "altered: databases/rfam/Rfam/sub/Rfam.cm" in capsys.readouterr().err


def test_an_archive_that_ends_between_two_files_is_not_whole(made, tmp_path):
    with tarfile.open(made) as whole, tarfile.open(tmp_path / "short.tar", "w") as short:
        for info in whole.getmembers()[:-1]:
            short.addfile(info, whole.extractfile(info))
    with pytest.raises(InputError, match="it has no SHA256SUMS"):
        bundle.read_archive(tmp_path / "short.tar")


def entry(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "info",
    [
        entry("/tmp/linnaea_escaped"),
        entry("linnaea/../../linnaea_escaped"),
        entry("linnaea/code/link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("linnaea/code/link", tarfile.SYMTYPE, "../../.."),
        entry("linnaea/code/hard", tarfile.LNKTYPE, "../../etc/passwd"),
        entry("linnaea/device", tarfile.CHRTYPE),
        entry("linnaea/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name} {info.linkname}",
)
def test_members_cannot_leave_their_folder(tmp_path, info):
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        good = entry("linnaea/README.txt")
        good.size = 4
        archive.addfile(good, io.BytesIO(b"text"))
        archive.addfile(info)
        archive.addfile(entry("linnaea/code/link/escaped"))
    before = set(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="would leave its folder"):
        bundle.unpack(tmp_path / "evil.tar", tmp_path / "site")
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "site"}


def test_a_name_twice_cannot_hide_the_first(tmp_path):
    with tarfile.open(tmp_path / "twice.tar", "w") as archive:
        for _ in range(2):
            archive.addfile(entry("linnaea/code/main.nf"))
    with pytest.raises(InputError, match="occurs twice"):
        bundle.read_archive(tmp_path / "twice.tar")


def test_an_unpacked_bundle_is_not_written_over(made, tmp_path):
    folder = bundle.unpack(made, tmp_path / "site")
    (folder / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="already exists"):
        bundle.unpack(made, tmp_path / "site")
    assert (folder / "mine.txt").read_text() == "kept"


def test_listed_databases_are_checked_where_they_lie(small, rfam, tmp_path):
    out = tmp_path / "listed.tar"
    assert cli.main(["bundle", "--out", str(out), "--list-databases"]) == 0
    folder = bundle.unpack(out, tmp_path / "site")
    assert not (folder / "databases/rfam").exists()
    row = (folder / "databases/databases.tsv").read_text().splitlines()[1].split("\t")
    assert row == ["rfam", str(rfam), "2", str(12_000 + 8)]
    command = ["sha256sum", "-c", "--quiet", folder / "databases/rfam.sha256"]
    assert subprocess.run(command, cwd=rfam.parent).returncode == 0
    (rfam / "sub/Rfam.cm").write_text("another\n")
    assert subprocess.run(command, cwd=rfam.parent, capture_output=True).returncode == 1


def test_databases_are_those_that_the_configuration_names(tmp_path):
    home = tmp_path / "interproscan-5.77"
    home.mkdir()
    (home / "interproscan.sh").write_text("#!/bin/sh\n")
    (tmp_path / "Pfam-A.hmm").write_text("HMMER3/f\n")
    config = tmp_path / "site.config"
    config.write_text(f"params.interproscan = '{home}/interproscan.sh'\nparams.pfam = '/elsewhere'\n")
    params = tmp_path / "params.yml"
    params.write_text(f"pfam: {tmp_path}/Pfam-A.hmm\n")
    given = arguments("--out", "x.tar", "-c", str(config), "--params-file", str(params))
    paths = bundle.database_paths(bundle.run_parameters(given))
    assert paths == {
        "pfam": (tmp_path / "Pfam-A.hmm", tmp_path / "Pfam-A.hmm"),
        "interproscan": (home, home / "interproscan.sh"),
    }
    *_, written = bundle.databases_copied(paths)
    line = 'interproscan = "${projectDir}/../databases/interproscan/interproscan-5.77/interproscan.sh"'
    assert line in written.source.decode()


def test_a_database_that_is_not_there_stops_the_bundle(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bundle, "run_parameters", lambda args: {"eggnog_data": "/no/such/eggnog"})
    assert cli.main(["bundle", "--out", str(tmp_path / "x.tar")]) == 1
    assert "/no/such/eggnog, which the parameter eggnog_data names, does not exist" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_every_database_is_a_parameter():
    import json

    groups = json.loads((bundle.ROOT / "nextflow_schema.json").read_text())["$defs"].values()
    assert set(bundle.DATABASES) <= {name for group in groups for name in group["properties"]}


def test_code_is_the_commit_and_without_git_the_checkout(tmp_path, monkeypatch):
    committed = {member.name for member in bundle.code()}
    assert {"code/main.nf", "code/bin/linnaea/install/bundle.py", "code/assets/bundle/set_up.sh"} <= committed
    for name in ("main.nf", "bin/step.py", "work/a/b/.command.sh", ".nextflow/cache/x", "build/image"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    assert {member.name for member in bundle.code()} == {"code/main.nf", "code/bin/step.py"}


def test_the_engine_finds_its_java_and_jars_wherever_it_lies(tmp_path):
    members = {member.name: member for member in bundle.engine_files()}
    assert members["engine/java/bin/java"].executable
    assert any(name.startswith("engine/jars/nextflow-") for name in members)
    (tmp_path / "java/bin").mkdir(parents=True)
    (tmp_path / "java/bin/java").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "java/bin/java").chmod(0o755)
    (tmp_path / "nextflow").write_bytes(members["engine/nextflow"].source)
    (tmp_path / "link").symlink_to("nextflow")
    answer = subprocess.run(["bash", tmp_path / "link", "-v"], capture_output=True, text=True, check=True)
    words = answer.stdout.split()
    assert words[words.index("-cp") + 1] == f"{tmp_path}/jars/*"
    assert words[-1] == "-v"
