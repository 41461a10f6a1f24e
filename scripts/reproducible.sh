#!/bin/sh
# Builds the release of the last commit twice, as differently as one machine allows (folder,
# user where this is root, caches, home, time zone, locale, umask), and compares every
# byte. What is not committed is not in it.
#   scripts/reproducible.sh WORK linux/amd64 …      the two releases are left in WORK/one and WORK/two
set -eu
work=$1
shift
[ -z "$(git status --porcelain --untracked-files=no)" ] || echo 'what is not committed is left out' >&2
rm -rf "$work" && mkdir -p "$work"
work=$(cd "$work" && pwd)
git bundle create -q "$work/clew.bundle" HEAD
chmod 644 "$work/clew.bundle"
platforms=$*
path=$PATH

# build NAME CHECKOUT UMASK TZ LOCALE: as whoever runs it
cat >"$work/build" <<'END'
#!/bin/sh
set -eu
umask "$3"
git clone -q -c advice.detachedHead=false "$6" "$2"
cd "$2"
env -i PATH="$7" HOME="$1" GOCACHE="$1/go-build" GOPATH="$1/go" GOFLAGS=-modcacherw ${GOPROXY:+GOPROXY="$GOPROXY"} npm_config_cache="$1/npm" TZ="$4" LC_ALL="$5" \
  make release VERSION=v0.0.0 PLATFORMS="$8"
END
chmod 755 "$work/build"

began=$(date +%s)
mkdir -p "$work/one"
"$work/build" "$work/home-one" "$work/one/clew" 022 UTC C "$work/clew.bundle" "$path" "$platforms"
echo "the first took $(($(date +%s) - began)) s"
chmod -R u+w "$work/home-one" && rm -rf "$work/home-one"

began=$(date +%s)
deep=$work/two/a-longer/path/to
mkdir -p "$deep" "$work/home-two"
as=
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
  # Nobody by number: no name, no home, no group that anything could be called after.
  as='setpriv --reuid=61234 --regid=61234 --clear-groups'
  chown 61234:61234 "$deep" "$work/home-two"
fi
# shellcheck disable=SC2086
$as "$work/build" "$work/home-two" "$deep/other-name" 077 Pacific/Kiritimati tr_TR.UTF-8 "$work/clew.bundle" "$path" "$platforms"
echo "the second${as:+, as another user,} took $(($(date +%s) - began)) s"
chmod -R u+w "$work/home-two" && rm -rf "$work/home-two"

one=$work/one/clew/dist two=$deep/other-name/dist
cat "$one/SHA256SUMS"
differ=0
for file in $(ls "$one" "$two" | grep '^[cS]' | sort -u); do
  cmp -- "$one/$file" "$two/$file" || differ=$((differ + 1))
done
[ "$differ" = 0 ] || { echo "$differ files differ" >&2; exit 1; }
echo "$(ls "$one" | wc -l) files, every byte the same"
