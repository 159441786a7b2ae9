#!/bin/sh
# Make sure that there is a browser for the browser tests.
set -eu

for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done

if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root=unknown
fi

if [ "$as_root" = unknown ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The browser tests need Chromium or Chrome, and neither is on the PATH." >&2
    echo "On Debian and Ubuntu: apt-get install chromium fonts-noto-cjk" >&2
    exit 1
fi

echo "Installing Chromium for the browser tests ..."
$as_root apt-get update -qq
# Where it exists, the Chromium without windows halves the time of the tests.
shell=$(apt-cache search --names-only '^chromium-headless-shell$' | cut -d ' ' -f 1)
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends chromium $shell fonts-noto-cjk >/dev/null
