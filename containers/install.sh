#!/bin/sh
# Makes a Debian root the image of all embedded tools: packages of Debian, Python packages from the wheels of wheels.sh. install.sh FOLDER:
# apt-image.txt, software.yml and wheels are there. The folder is deleted. Our code is not inside: tasks mount bin/.
set -eu
cd "$1"
mkdir -p /usr/share/man/man1   # Java's package links a page there, which slim roots have not
apt-get update -qq
# shellcheck disable=SC2046
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(cat apt-image.txt) >/tmp/apt.log || { tail -n 40 /tmp/apt.log >&2; exit 1; }
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/cache/ldconfig/aux-cache /var/log/apt /var/log/*.log /tmp/apt.log

# Debian's Python finds /usr/local by itself, and so does every container engine: nothing depends on the environment
pip=$(echo wheels/pip-*.whl)
python3 "$pip/pip" --isolated install -q --ignore-installed --no-index --no-deps --no-compile --no-cache-dir --break-system-packages \
    --root-user-action ignore --find-links wheels -r wheels/requirements.txt
site=$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib", "posix_local"))')
find "$site" -depth -type d -name tests ! -path '*/numpy/*' -exec rm -r {} +
python3 -m compileall -q --invalidation-mode unchecked-hash "$site"
[ ! -x /usr/bin/flye ] || ln -sf /usr/bin/samtools /usr/local/bin/flye-samtools   # Debian's flye 2.9.5 calls it so in one place
{
    sed -n '/^- name: linnaea$/,/version/s/.*version: /linnaea /p' software.yml
    dpkg-query -W -f 'debian ${Package} ${Version}\n'
    python3 -c 'from importlib.metadata import distributions
for name, version in sorted({(d.name, d.version) for d in distributions()}): print("python", name, version)'
} >/etc/linnaea-release
mkdir -p /ch
printf '%s\n' PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 >/ch/environment   # charliecloud's
cd / && rm -r "$1"
