#!/bin/sh
# Fetches real Windows programs for the benchmark into the folder named: wine's
# libraries, boot loaders signed by Microsoft and Debian, installers' stubs. They come as Debian packages that are unpacked and not installed, and
# are read, never run.
set -eu
to=$1
[ -e "$to/done" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "no apt-get here: put Windows programs into $to by hand" >&2
  exit 0
fi
mkdir -p "$to"
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp"
timeout 600 apt-get download -q libwine shim-signed grub-efi-amd64-signed fwupd-amd64-signed systemd-boot-efi nsis-common ipxe >/dev/null
# Wine for other processors: with package lists of its own, so that this machine
# keeps the architectures that it has.
mkdir -p lists/partial cache/archives/partial
others() {
  timeout 600 apt-get -q -o "Dir::State::lists=$temp/lists" -o "Dir::Cache=$temp/cache" \
    -o APT::Architectures::=amd64 -o APT::Architectures::=i386 -o APT::Architectures::=arm64 "$@" >/dev/null
}
others update || echo "not every package list could be read" >&2
others download libwine:i386 libwine:arm64 || echo "wine for i386 and arm64 is missing: the benchmark fills up with copies" >&2
for d in ./*.deb; do dpkg -x "$d" tree; done
n=0
find tree -type f -size +1k | sort | while read -r f; do
  [ "$(head -c 2 "$f")" = MZ ] || continue
  n=$((n + 1))
  cp "$f" "$to/$n-$(basename "$f")"
done
touch "$to/done"
