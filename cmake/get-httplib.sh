#!/bin/bash
# cmake/get-httplib.sh [DEST]: puts a cpp-httplib that is fit for a public server into DEST (default: build/deps/httplib).
#
# Debian 12 ships 0.11.4, which bounds neither header lines, nor header counts, nor chunked bodies. Debian 13's source
# package does, its security fixes applied, and compiles on Debian 12. It is fetched by ordinary apt with sources, lists
# and caches of its own in a temporary folder: the machine's apt configuration is read for the mirror and left as it is.
# Why Debian 13's ready-made library is not used even on Debian 13: see KipHttplib.cmake.
#
# What is trusted: apt checks the suite's signature against Debian's archive keys and every file against the suite; the
# upstream archive is pinned below as well. Debian's own patches may move on (security), but never below `minimum`.
#
# DEST holds httplib.h, httplib.cc, LICENSE and `pin`. Where `pin` is already what is asked for, nothing is done.
set -euo pipefail

readonly suite=trixie upstream=0.18.7 minimum=0.18.7-1+deb13u1
readonly orig_sha256=c88f6495da71e778c82c22995b547a92ceb41cc4016f9028df67106a24b9210d
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg
readonly pin="$minimum $orig_sha256"

fail() { echo "get-httplib: $*" >&2; exit 1; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dest=$(realpath -m "${1:-$root/build/deps/httplib}")
[[ -f $dest/pin && $(<"$dest/pin") == "$pin" ]] && exit 0

# The mirror this machine already uses for its own release.
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)' |
  awk -F'|' -v c="$codename" '($2 == c || $3 == c) && $4 == "main" && ($5 == "Debian" || $5 == "") && !n++ {print $1}')
[[ -n $mirror ]] || fail "apt's sources on this machine have no Debian mirror for \"$codename main\""

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,none,download}
echo "deb-src [signed-by=$keyring] ${mirror%/} $suite main" >"$work/sources.list"
apt=(apt-get -q
  -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/none"
  -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$work/none"
  -o Dir::State="$work" -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache"
  -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any)
"${apt[@]}" update
(cd "$work/download" && "${apt[@]}" source --download-only --only-source "cpp-httplib/$suite")

dsc=("$work"/download/*.dsc)
version=$(sed -n 's/^Version: //p' "${dsc[0]}" | head -n 1)
[[ $version == "$upstream"-* ]] || fail "$suite has cpp-httplib $version, wanted $upstream"
dpkg --compare-versions "$version" ge "$minimum" || fail "$suite has cpp-httplib $version, which lacks the fixes of $minimum"
orig=("$work/download/cpp-httplib_$upstream".orig.tar.*)
echo "$orig_sha256  ${orig[0]}" | sha256sum --check --quiet || fail "${orig[0]##*/} is not the pinned upstream archive"

# --no-check: apt has just checked these files against the signed suite; the maintainer's own key is not needed.
dpkg-source --no-check -x "${dsc[0]}" "$work/source"
PYTHONUTF8=1 python3 "$work/source/split.py" --out "$work/split"
cp "$work/source/LICENSE" "$work/split/"
echo "$pin" >"$work/split/pin"

# Renamed into place whole, so that an interrupted run leaves nothing that looks complete.
mkdir -p "$(dirname "$dest")"
rm -rf "$dest" "$dest.new"
cp -R "$work/split" "$dest.new"
mv "$dest.new" "$dest"
echo "cpp-httplib $version is in $dest"
