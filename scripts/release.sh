#!/bin/sh
# Builds what a release is made of into the folder named: an archive for each
# platform with licences and manual pages, a bill of materials (CycloneDX), and
# checksums. The same commit gives the same bytes, wherever and whenever it is built:
# no path, no time but the commit's, no name of who built it.
#   scripts/release.sh dist v1.0.0 linux/amd64 …
set -eu
out=$1 version=$2
shift 2
mkdir -p "$out"
out=$(cd "$out" && pwd)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go run ./scripts/licences >"$work/THIRD_PARTY_LICENSES"
CGO_ENABLED=0 go build -trimpath -ldflags "-X main.release=$version" -o "$work/clew-here" ./cmd/clew
"$work/clew-here" man "$work/man"
for platform in "$@"; do
  name=clew_${version}_${platform%/*}_${platform#*/}
  echo "release $name"
  mkdir "$work/$name"
  exe=clew
  [ "${platform%/*}" = windows ] && exe=clew.exe
  CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/} go build -trimpath -buildvcs=true -ldflags "-s -w -buildid= -X main.release=$version" -o "$work/$name/$exe" ./cmd/clew
  cp LICENSE README.md CHANGELOG.md "$work/THIRD_PARTY_LICENSES" "$work/$name/"
  cp -r "$work/man" "$work/$name/man"
  chmod -R u=rwX,go=rX "$work/$name" && chmod 755 "$work/$name/$exe"
  if command -v cyclonedx-gomod >/dev/null 2>&1; then
    cyclonedx-gomod bin -json -noserial -output "$out/$name.cdx.json" "$work/$name/$exe" 2>/dev/null
    # The time of making is no property of what was made.
    sed -i '/"timestamp":/d' "$out/$name.cdx.json"
  else
    echo "cyclonedx-gomod is not here: no bill of materials" >&2
  fi
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work" -cf - "$name" | gzip -n9 >"$out/$name.tar.gz"
done
(cd "$out" && sha256sum -- *.tar.gz $(ls *.cdx.json 2>/dev/null) >SHA256SUMS)
