#!/bin/sh
# Builds what a release is made of into the folder named: an archive for each
# platform with licences and manual pages, a bill of materials (CycloneDX), and
# checksums. The same commit gives the same bytes, wherever, whenever and by whomever it
# is built with the same Go and the same lock files (scripts/reproducible.sh tries that):
# no path, no time but the commit's, no order, mode or name of who built it.
#   scripts/release.sh dist v1.0.0 linux/amd64 …
set -eu
umask 022
out=$1 version=$2
shift 2
[ -s internal/server/page/dist/index.html ] || { echo 'the page is not built, and a release has it: make page, with Node.js 20.19 or newer' >&2; exit 1; }
bom=$(command -v cyclonedx-gomod) || { echo 'cyclonedx-gomod is not here, and a release has bills of materials: make release installs it' >&2; exit 1; }
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out"/clew_* "$out/SHA256SUMS" # of another version
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
# What the builder's own settings would change in the program.
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C CGO_ENABLED=0 GOFLAGS= GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/pack" ./scripts/pack
go build -o "$work/bom" ./scripts/bom
go run ./scripts/licences >"$work/THIRD_PARTY_LICENSES"
go build -trimpath -ldflags "-X main.release=$version" -o "$work/clew-here" ./cmd/clew
"$work/clew-here" man "$work/man"
for platform in "$@"; do
  name=clew_${version}_${platform%/*}_${platform#*/}
  echo "release $name"
  mkdir "$work/$name"
  exe=clew archive=$name.tar.gz
  [ "${platform%/*}" = windows ] && exe=clew.exe archive=$name.zip
  GOOS=${platform%/*} GOARCH=${platform#*/} go build -trimpath -buildvcs=true -ldflags "-s -w -buildid= -X main.release=$version" -o "$work/$name/$exe" ./cmd/clew
  cp LICENSE README.md CHANGELOG.md "$work/THIRD_PARTY_LICENSES" "$work/$name/"
  cp -r "$work/man" "$work/$name/man"
  "$bom" bin -json -noserial -output "$work/made.cdx.json" "$work/$name/$exe" 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
  "$work/bom" web <"$work/made.cdx.json" >"$out/$name.cdx.json"
  "$work/pack" -time "$SOURCE_DATE_EPOCH" "$work/$name" "$out/$archive"
  rm -r "${work:?}/$name"
done
cd "$out" && sha256sum -- clew_* >SHA256SUMS
