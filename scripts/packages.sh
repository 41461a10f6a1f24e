#!/bin/sh
# Installs the Debian packages named, when root and apt are here; otherwise says
# what to install. A package counts as there when dpkg says so, or when a
# command of its name is on the PATH.
set -eu
missing=
for p in "$@"; do
  if dpkg -s "$p" >/dev/null 2>&1 || command -v "$p" >/dev/null 2>&1; then continue; fi
  missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # servers are installed, not started
  apt-get update -q >/dev/null
  # shellcheck disable=SC2086
  apt-get install -q -y --no-install-recommends $missing >/dev/null
  echo "installed:$missing"
else
  echo "please install:$missing (tests that need them are skipped, saying so)" >&2
fi
