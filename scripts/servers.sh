#!/bin/sh
# Builds servers that tests ask on loopback into the folder named, from the Go
# module proxy. They are built in a copy of their own module, since each brings
# replacements of its own and none belongs into our go.mod. One that does not
# build here is left out, and its test skips, saying so.
set -u
to=$1
mkdir -p "$to"
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# build MODULE VERSION PACKAGE NAME TOOLCHAIN [commands to prepare the copy]
build() {
  if [ -x "$to/$4" ]; then return; fi
  echo "building $4 (once, minutes)"
  dir=$(cd "$work" && go mod download -json "$1@$2" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  if [ -z "$dir" ]; then echo "$4: not to be had here" >&2; return; fi
  cp -r "$dir" "$work/$4" && chmod -R u+w "$work/$4"
  (cd "$work/$4" && eval "${6:-:}" && GOFLAGS=-mod=mod CGO_ENABLED=0 GOTOOLCHAIN=$5 go build -o "$to/$4" "$3") || echo "$4: does not build here" >&2
  chmod -R u+w "$work/$4" && rm -rf "${work:?}/$4"
}

build github.com/VictoriaMetrics/VictoriaMetrics v1.110.0 ./app/victoria-logs victoria-logs auto
# Its page is not in the module; it links against an older runtime.
build github.com/zincsearch/zincsearch v0.4.10 ./cmd/zincsearch zincsearch go1.21.13 'mkdir -p web/dist && echo > web/dist/index.html'
# A module of its own lies in another folder of its repository.
build github.com/grafana/loki/v3 v3.4.2 ./cmd/loki loki auto 'go mod edit -dropreplace github.com/grafana/loki/pkg/push'
