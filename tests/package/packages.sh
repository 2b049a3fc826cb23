#!/bin/bash
# The Debian packages: what they hold, whose it is, what they depend on, and what their units let the programs do.
#
#   packages.sh BIN-FOLDER
set -euo pipefail

bin=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(realpath "$here/../..")
command -v dpkg-shlibdeps >/dev/null || { echo "SKIPPED: dpkg-dev is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/kip-packages.XXXXXX")
trap 'rm -rf "$work"' EXIT
broken() { printf 'packages: %s\n' "$*" >&2; exit 1; }

SOURCE_DATE_EPOCH=1700000000 "$root/packaging/build-debs.sh" "$bin" 1.2.3 "$work/debs" --fast
for package in kip-server kip kip-updater; do
  deb=$(echo "$work"/debs/"${package}"_1.2.3_*.deb)
  [[ -f $deb ]] || broken "there is no package $package"
  contents=$(dpkg-deb -c "$deb")
  [[ $contents == *"./usr/bin/$package"$'\n'* || $contents == *"./usr/bin/$package" ]] || broken "$package has no program"
  if grep -v '^[^ ]* root/root' <<<"$contents"; then broken "not all of $package belongs to root"; fi
  if grep -E '^[-d].{7}w' <<<"$contents"; then broken "everybody can write to something of $package"; fi
  if grep -E '^-..[sS]|^-.{5}[sS]' <<<"$contents"; then broken "something of $package runs as its owner"; fi
  [[ $(dpkg-deb -f "$deb" Depends) == *libssl3*libstdc++6* ]] || broken "what $package depends on was not found: $(dpkg-deb -f "$deb" Depends)"
  dpkg-deb -x "$deb" "$work/system"
  dpkg-deb -e "$deb" "$work/control-$package"
  for script in postinst prerm postrm; do
    if [[ -e $work/control-$package/$script ]]; then sh -n "$work/control-$package/$script"; fi
  done
  # Whoever purges is told what stays; nothing of it goes.
  if grep -nE '\brm\b' "$work/control-$package/postrm"; then broken "purging $package removes something"; fi
  [[ $(sh "$work/control-$package/postrm" purge) == *left*where\ it\ is* ]] || broken "purging $package says nothing of what stays"
done
[[ $(dpkg-deb -f "$work"/debs/kip-server_*.deb Depends) == *libpq5* ]] || broken "kip-server does not depend on libpq"
[[ $(stat -c %a "$work/system/etc/kip/credentials") == 700 ]] || broken "others can look for passphrases"
for file in /etc/kip/kip-server.env /etc/nginx/conf.d/kip-server.conf /etc/nginx/snippets/kip-server.conf /etc/nginx/snippets/kip-server-proxy.conf; do
  grep -qxF "$file" "$work/control-kip-server/conffiles" || broken "$file would be overwritten by an upgrade"
done
"$work/system/usr/bin/kip-server" --version | grep -q kip-server || broken "the packed program does not run"

# What each unit would let a program do that was taken over: 0 is nothing, 10 everything.
if command -v systemd-analyze >/dev/null; then
  for limit in kip-server:2.0 kip-witness:2.0 kip-updater:5.0; do
    unit="${limit%:*}.service"
    said=$(systemd-analyze security --offline=true --root="$work/system" --threshold=100 "$unit" 2>&1 | tail -n 1)
    score=$(sed -n 's/.*: \([0-9.]*\) .*/\1/p' <<<"$said")
    [[ $score ]] || broken "systemd does not understand $unit: $said"
    awk -v score="$score" -v limit="${limit#*:}" 'BEGIN {exit !(score <= limit)}' || broken "$unit is exposed by $score, more than ${limit#*:}"
    echo "$unit: exposed by $score of 10"
    # Only complaints about this unit itself count: there is no whole system in that folder.
    if systemd-analyze verify --root="$work/system" "$unit" 2>&1 | grep -E "$unit:[0-9]+:|Unknown|not executable"; then broken "$unit is not right"; fi
  done
else
  echo "not looked at: the units (systemd-analyze is not here)"
fi
echo "The packages are in order."
