#!/bin/bash
# From a bare Debian 12 to the first published act, with the packages: what docs/operations.md tells people to do, in a Debian of its own in a folder, with no
# network but its own loopback once everything is installed. Tells after how many seconds each step was done. For root; CI does not run it.
#
#   first_act.sh FOLDER-OF-DEBS        KIP_DEBIAN=FOLDER: of what debootstrap has made before; it is copied
set -euo pipefail

debs=$(realpath "$1")
((EUID == 0)) || { echo "first_act: this is for root" >&2; exit 2; }
if [[ ${2:-} != --inside ]]; then
  command -v debootstrap >/dev/null || { echo "SKIPPED: debootstrap is not installed"; exit 77; }
  system=$(mktemp -d "${TMPDIR:-/tmp}/kip-debian.XXXXXX")
  cleanup() { umount -R "$system/proc" "$system/dev" 2>/dev/null || true; rm -rf --one-file-system "$system"; }
  trap cleanup EXIT
  chmod 755 "$system"
  # The mirrors that this machine uses.
  sources() { apt-get indextargets --format '$(REPO_URI)|$(CODENAME)|$(COMPONENT)' 'Created-By: Packages' | awk -F'|' '$2 ~ /^bookworm(-security|-updates)?$/ && $3 == "main" && !seen[$0]++ {print $1, $2}'; }
  mirror=$(sources | awk '$2 == "bookworm" {print $1; exit}')
  [[ $mirror ]] || { echo "SKIPPED: apt's sources on this machine have no mirror of Debian 12"; exit 77; }
  SECONDS=0
  if [[ ${KIP_DEBIAN:-} ]]; then
    cp -a "$KIP_DEBIAN/." "$system/"
  else
    debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg bookworm "$system" "$mirror" >"$system.log" 2>&1 || { tail "$system.log" >&2; exit 1; }
    rm -f "$system.log"
  fi
  sources | sed 's/.*/deb & main/' >"$system/etc/apt/sources.list"
  cp /etc/resolv.conf "$system/etc/resolv.conf"
  # As this machine reaches them; a Debian of its own has none of it.
  for file in /etc/apt/apt.conf.d/*; do
    if grep -qiE '^ *(Acquire::|dir::bin::methods)' "$file" 2>/dev/null; then cp "$file" "$system/etc/apt/apt.conf.d/"; fi
  done
  mkdir "$system/debs"
  cp "$debs"/*.deb "$system/debs/"
  printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
  chmod 755 "$system/usr/sbin/policy-rc.d"
  echo "a bare Debian 12 after $SECONDS s (not counted: people have one)"
  SECONDS=0
  mount --rbind /dev "$system/dev"
  mount --make-rslave "$system/dev"
  mount -t proc proc "$system/proc"
  in_system() { chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
  in_system apt-get -q -o Acquire::Retries=3 update >"$system/install.log" 2>&1
  in_system sh -c 'apt-get -q -y --no-install-recommends install /debs/*.deb nginx-light openssl curl' >>"$system/install.log" 2>&1 || { tail -n 30 "$system/install.log" >&2; exit 1; }
  echo "installed after $SECONDS s"
  cp "${BASH_SOURCE[0]}" "$system/root/first_act.sh"
  elapsed=$SECONDS
  # Nothing but itself can be reached from here on.
  unshare --net --pid --fork --kill-child bash -c '
    python3 - <<PY
import fcntl, socket, struct
with socket.socket() as s:  # what "ip link set lo up" does
    fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
PY
    exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash /root/first_act.sh /debs --inside "$2"' _ "$system" "$elapsed"
  exit
fi

# --- Inside -------------------------------------------------------------------------------------------------------

SECONDS=$3
broken() { printf 'first_act: %s\n' "$*" >&2; exit 1; }
done_with() { printf '%4s s  %s\n' "$SECONDS" "$*"; }
quiet() { local out; out=$("$@" 2>&1) || { printf '%s\n' "$out" >&2; broken "failed: $*"; }; }
until_it_works() { local i; for ((i = 0; i < 200; ++i)); do if "$@" >/dev/null 2>&1; then return; fi; read -rt 0.1 <> <(:) || true; done; broken "never works: $*"; }
cd /root
name=updates.example.vn
echo "127.0.0.1 $name" >>/etc/hosts

[[ $(stat -c '%U %a' /var/lib/kip /etc/kip/credentials) == $'kip 711\nroot 700' ]] || broken "the package's folders: $(stat -c '%U %a' /var/lib/kip /etc/kip/credentials)"

# What a person types: language, short name, address, folder, administrator, no authority, a file as database.
printf 'vi\nAn Phat\nan-phat\nupdates.example.vn\nhttps://%s\n\nan\n\n\n' "$name" >answers
script -qec "kip-server setup --token-file /root/an.token" /dev/null <answers >setup.out || { cat setup.out; broken "setup"; }
grep -q 'Tên ngắn' setup.out || broken "it did not ask in Vietnamese"
grep -q '/var/lib/kip/an-phat is ready' setup.out || { cat setup.out; broken "setup did not come to its end"; }
[[ $(stat -c '%U %a' /var/lib/kip/an-phat /var/lib/kip/an-phat/keys/entry.pem /etc/kip/credentials/passphrase) == $'kip 711\nkip 600\nroot 600' ]] || broken "owners and modes"
grep -q ENCRYPTED /var/lib/kip/an-phat/keys/entry.pem || broken "the keys are not encrypted"
before=$(sha256sum /var/lib/kip/an-phat/keys/* /etc/kip/*.env /etc/kip/credentials/*)
quiet kip-server setup --tenant an-phat --yes
[[ $(sha256sum /var/lib/kip/an-phat/keys/* /etc/kip/*.env /etc/kip/credentials/*) == "$before" ]] || broken "running setup again has changed something"
done_with "kip-server setup"

install -d -m 700 /etc/ssl/kip
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
  -keyout "/etc/ssl/kip/$name.key" -out "/etc/ssl/kip/$name.pem"
cp "/etc/ssl/kip/$name.pem" /usr/local/share/ca-certificates/kip-trial.crt
quiet update-ca-certificates
sed "s/updates.example.vn/$name/" /usr/share/doc/kip-server/examples/nginx-site.conf >/etc/nginx/sites-available/kip-server
ln -sf ../sites-available/kip-server /etc/nginx/sites-enabled/kip-server
rm -f /etc/nginx/sites-enabled/default
quiet nginx -t
nginx
done_with "certificate and nginx"

# As the service, by hand: systemd does not run in a folder.
kip-admin run --dir /var/lib/kip/an-phat >server.out 2>server.log &
server=$!
until_it_works curl -sf "https://$name/healthz"
done_with "the server answers at https://$name"

printf '[server]\nurl = "https://%s"\ntenant = "an-phat"\ntoken_file = "an.token"\n' "$name" >kip.toml
export KIP_CONFIG=/root/kip.toml
cp /var/lib/kip/an-phat/online-keys.json .
officer() { local who=$1; shift; kip "$@" --key "$who.key" --passphrase-fd 3 3<<<"a passphrase of $who"; }
for who in an binh chi; do kip key new --name "$who" --out "$who.key" --passphrase-fd 3 3<<<"a passphrase of $who" >/dev/null; done
quiet kip repo init --dir repo --online online-keys.json --product forms --officer an.key.pub --officer binh.key.pub --officer chi.key.pub
quiet officer an sign --repo repo --yes
quiet officer chi sign --repo repo --yes
quiet kip publish --repo repo
done_with "officers' keys, repository signed by two of three and published"
[[ $(curl -sf "https://$name/t/an-phat/metadata/timestamp.json") == *timestamp* ]] || broken "nginx does not serve from disk"
if grep -q 'route=/t/{tenant}/metadata/{file}' server.log; then broken "kip-server was asked for what lies on disk"; fi

kip-admin token create --dir /var/lib/kip/an-phat --name binh --role approver | tail -n 1 >binh.token
chmod 600 binh.token
quiet kip commitment import /usr/share/kip/samples/commitments-sample.json
printf 'tax code,name,product,contract start,periods,seats\n0101243150,Minh Anh,forms,2025-01-15,60,1\n' >customers.csv
quiet kip customer import customers.csv
done_with "a second person, the promises and a customer"

quiet kip act add --issuer BTC --number 99/2025/TT-BTC --signed-on 27/10/2025 --changes report-form --source "the document"
quiet kip act confirm BTC:99/2025/TT-BTC:2025 signed 27/10/2025 --token-file binh.token
done_with "the act, confirmed by the second person"

mkdir forms
echo "a form" >forms/form.xml
quiet kip pack forms/ --product forms --version 1.0 --act BTC:99/2025/TT-BTC:2025
quiet kip repo add --repo repo forms-1.0.kpk
quiet officer an sign --repo repo --yes
quiet officer chi sign --repo repo --yes
quiet kip publish --repo repo
kip --json proposal list >proposals
proposal=$(sed -n 's/.*"proposal":"\([0-9A-Z]*\)".*/\1/p' proposals)
quiet kip proposal approve "$proposal" --token-file binh.token
quiet kip publish --repo repo
done_with "the first release for the act is published"

quiet kip install code --customer 0101243150 --product forms --out code.txt
quiet kip-updater enroll "$(cat code.txt)" --label "PC 1"
quiet kip-updater update
[[ $(cat /var/lib/kip-updater/app/current/form.xml) == "a form" ]] || broken "the form is not in use"
kip obligation list >obligations
head -n 2 obligations
done_with "a computer has installed it"

kip-admin backup --dir /var/lib/kip/an-phat --to /var/backups/kip/first >backup.out || { cat backup.out; broken "backup"; }
kip-admin restore --from /var/backups/kip/first --to /var/lib/kip/tried --nothing-since >restore.out || { cat restore.out; broken "restore"; }
rm -rf /var/lib/kip/tried
done_with "a backup, and tried whether it can be restored"

kill "$server"
wait "$server" || broken "the server did not stop in order"
[[ ! -e /var/lib/kip/an-phat/kip.db-wal ]] || broken "the database is not one file"
mv /var/lib/kip/an-phat /root/lost
kip-admin restore --from /var/backups/kip/first --to /var/lib/kip/an-phat >restore.out || { cat restore.out; broken "restore"; }
quiet kip-server setup --tenant an-phat --yes
[[ $(stat -c '%U %a' /var/lib/kip/an-phat) == "kip 711" ]] || broken "nginx cannot come through to what was restored"
kip-admin run --dir /var/lib/kip/an-phat >server.out 2>server.log &
server=$!
until_it_works curl -sf "https://$name/healthz"
kip obligation list >obligations.restored
quiet diff obligations obligations.restored
[[ $(curl -sf "https://$name/t/an-phat/log/o2/checkpoint") == "$name/t/an-phat/log/o2"* ]] || broken "nginx does not serve the new log from disk"
kill "$server"
wait "$server" || true
done_with "everything lost, and restored"

DEBIAN_FRONTEND=noninteractive dpkg --purge kip-server >purge.out 2>&1 || { cat purge.out; broken "purge"; }
grep -q "left where it is" purge.out || broken "purging does not say what stays"
[[ -e /var/lib/kip/an-phat/kip.db && -e /etc/kip/credentials/passphrase ]] || broken "purging has removed data"
done_with "purged: the data is still there"
echo "From a bare Debian to the first published act: $((SECONDS / 60)) min $((SECONDS % 60)) s of the machine's time."
