#!/bin/bash
# Makes the Debian packages kip-server, kip and kip-updater of programs that are built already.
#
#   build-debs.sh BIN-FOLDER VERSION OUT-FOLDER [--fast]     --fast: not compressed, for tests
set -euo pipefail

bin=$(realpath "$1")
version=$2
out=$(realpath -m "$3")
pack=(-Zxz)
if [[ ${4:-} == --fast ]]; then pack=(-Znone); fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
[[ $version =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || { echo "build-debs: \"$version\" is no version" >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/kip-debs.XXXXXX")
trap 'rm -rf "$work"' EXIT
umask 022
mkdir -p "$out"
# Files have the time of the sources, so that the same sources give the same packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
architecture=$(dpkg --print-architecture)

# put PACKAGE MODE SOURCE DESTINATION
put() { install -D -m "$2" "$here/$3" "$work/$1/$4"; }
program() {
  install -D -m 0755 "$bin/$2" "$work/$1/usr/bin/$2"
  strip --strip-unneeded "$work/$1/usr/bin/$2"
}

# finish PACKAGE PROGRAM: dependencies, scripts and the package itself
finish() {
  local package=$1 program=$2 tree="$work/$1" depends
  mkdir -p "$work/source/debian" "$tree/DEBIAN"
  printf 'Source: kip\n\nPackage: %s\nArchitecture: any\n' "$package" >"$work/source/debian/control"
  depends=$(cd "$work/source" && dpkg-shlibdeps -O -e"$tree/usr/bin/$program" 2>"$work/shlibdeps.log" | sed -n 's/^shlibs:Depends=//p') || true
  [[ $depends ]] || { cat "$work/shlibdeps.log" >&2; exit 1; }
  install -D -m 0644 "$root/LICENSE" "$tree/usr/share/doc/$package/copyright"
  for script in postinst prerm postrm; do
    if [[ -e $here/$package/$script ]]; then install -m 0755 "$here/$package/$script" "$tree/DEBIAN/$script"; fi
  done
  if [[ -d $tree/etc ]]; then (cd "$tree" && find etc -type f -printf '/%p\n' | LC_ALL=C sort) >"$tree/DEBIAN/conffiles"; fi
  {
    sed -n '1p' "$here/$package/control"
    printf 'Source: kip\nVersion: %s\nArchitecture: %s\nMaintainer: Kip <kip@localhost>\nInstalled-Size: %s\n' \
      "$version" "$architecture" "$(du -sk --exclude=DEBIAN "$tree" | cut -f1)"
    sed -e '1d' -e "s/\${shlibs:Depends}/$depends/" "$here/$package/control"
  } >"$tree/DEBIAN/control"
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
  find "$tree" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
  dpkg-deb --root-owner-group "${pack[@]}" --build "$tree" "$out/${package}_${version}_$architecture.deb" >/dev/null
  echo "$out/${package}_${version}_$architecture.deb"
}

program kip-server kip-server
put kip-server 0644 kip-server/kip-server.service lib/systemd/system/kip-server.service
put kip-server 0755 kip-server/kip-admin usr/sbin/kip-admin
put kip-server 0644 kip-server/kip-server.env etc/kip/kip-server.env
put kip-server 0644 kip-server/nginx/conf.d-kip-server.conf etc/nginx/conf.d/kip-server.conf
put kip-server 0644 kip-server/nginx/snippet-kip-server.conf etc/nginx/snippets/kip-server.conf
put kip-server 0644 kip-server/nginx/snippet-kip-server-proxy.conf etc/nginx/snippets/kip-server-proxy.conf
put kip-server 0644 kip-server/nginx/nginx-site.conf usr/share/doc/kip-server/examples/nginx-site.conf
for page in operations.md operations.vi.md; do
  if [[ -e $root/docs/$page ]]; then install -D -m 0644 "$root/docs/$page" "$work/kip-server/usr/share/doc/kip-server/$page"; fi
done
install -d -m 0700 "$work/kip-server/etc/kip/credentials"
finish kip-server kip-server

program kip kip
put kip 0644 ../signing/witness/kip-witness.service lib/systemd/system/kip-witness.service
mkdir -p "$work/kip/usr/share/kip"
cp -r --no-preserve=mode "$root/manifests/samples" "$work/kip/usr/share/kip/samples"
finish kip kip

program kip-updater kip-updater
put kip-updater 0644 ../client-updater/service/kip-updater.service lib/systemd/system/kip-updater.service
finish kip-updater kip-updater
