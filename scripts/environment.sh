#!/bin/sh
# Create .venv with exactly the packages of a lock file; do nothing if it is up to date.
# Usage: scripts/environment.sh requirements.txt
set -eu
cd "$(dirname "$0")/.."
lock=$1
stamp=.venv/installed-$lock

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    echo "Voiceboard needs Python 3.11 or newer, but none was found on the PATH." >&2
    echo "On Debian and Ubuntu: apt-get install python3 python3-venv" >&2
    exit 1
}

# An interrupted installation, or one whose Python is gone, fails this.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "$python lacks the venv module, which Voiceboard needs." >&2
        echo "On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
    echo "Creating a virtual environment with $python ..."
    "$python" -m venv --clear .venv
fi

wanted=$(.venv/bin/python -c \
    'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -f "$stamp"
echo "Installing the packages listed in $lock (only once) ..."
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
    --require-hashes --requirement "$lock"
# Written last, so that an interrupted installation is repeated.
echo "$wanted" >"$stamp"
