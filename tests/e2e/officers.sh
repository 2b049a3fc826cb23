#!/bin/bash
# The life of a repository, played by real processes: officers come and go, sign on machines without network, a server's
# keys are exchanged, and any TUF client can still read all of it. The first step that does not hold ends it with status 1.
#
#   officers.sh BIN
set -euo pipefail
bin=$(realpath "${1:?name the folder of the programs}")
source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"

repo="$work/repo" web="$work/server/repository/acme"
sign_and_publish() {
  local name
  for name in "$@"; do quiet officer "$name" sign --repo "$repo" --yes; done
  show publish_signed "$repo"
}
# A plain TUF client, which knows nothing of Kịp, reads the published folder.
reads() {
  quiet "$bin/kip-updater" tuf --metadata-dir "$work/client" --metadata-url "$url/t/acme/metadata/" \
    --target-base-url "$url/t/acme/targets/" --target-dir "$work/downloads" --target-name "$1" download
}

step "1. Three officers, two of whom sign"
make_server acme
for name in an binh chi dung; do new_officer "$name"; done
quiet kip repo init --dir "$repo" --online "$work/server/online-keys.json" --product forms \
  --officer "$work/officers/an.key.pub" --officer "$work/officers/binh.key.pub" --officer "$work/officers/chi.key.pub"
start_server
sign_and_publish an chi
quiet "$bin/kip-updater" tuf --metadata-dir "$work/client" init "$web/metadata/1.root.json"

step "2. A release, signed on two machines without network"
mkdir "$work/forms"
printf 'form 1' >"$work/forms/B01 DN.xml"
quiet kip pack "$work/forms" --product forms --version 1.0 --out "$work/forms-1.0.kpk"
quiet kip repo add --repo "$repo" "$work/forms-1.0.kpk"
quiet kip repo export --repo "$repo" --to "$work/stick-binh"
show kip repo export --repo "$repo" --to "$work/stick-chi"
show officer binh sign --repo "$work/stick-binh" --yes
quiet officer chi sign --repo "$work/stick-chi" --yes
quiet kip repo import --repo "$repo" --from "$work/stick-chi"
note "One of two: who is missing is said."
refused 8 "An, Binh" kip publish --repo "$repo"
show kip repo import --repo "$repo" --from "$work/stick-binh"
show publish_signed "$repo"
reads forms/forms-1.0.kpk
cmp "$work/forms-1.0.kpk" "$work/downloads/forms%2Fforms-1.0.kpk" || broken "the client got other bytes"

step "3. A second product, and hash bins for files that are no releases"
show kip repo delegate --repo "$repo" --product program
quiet kip repo bins --repo "$repo" --count 16
printf 'how to' >"$work/guide.txt"
show kip repo add-file --repo "$repo" "$work/guide.txt" --path "documents/Hướng dẫn 1.txt"
sign_and_publish an binh
reads "documents/Hướng dẫn 1.txt"

step "4. Backups are tried before they are needed"
for name in an binh; do
  quiet kip key backup --key "$work/officers/$name.key" --to "$work/$name.backup" --passphrase-fd 3 --backup-passphrase-fd 4 \
    3<<<"$name keeps this secret" 4<<<"in the safe of $name"
done
show kip key drill --repo "$repo" --backup "$work/an.backup" --passphrase-fd 3 --backup "$work/binh.backup" --passphrase-fd 4 \
  3<<<'in the safe of an' 4<<<'in the safe of binh'
refused 8 "NOT ENOUGH" kip key drill --repo "$repo" --backup "$work/an.backup" --passphrase-fd 3 3<<<'in the safe of an'
refused 7 "passphrase" kip key drill --repo "$repo" --backup "$work/an.backup" --passphrase-fd 3 3<<<'guessed wrongly'

step "5. An leaves, Dung comes; Binh and Chi sign it"
show kip key handover --repo "$repo" "$work/officers/an.key.pub" "$work/officers/dung.key.pub"
sign_and_publish binh chi
reads "documents/Hướng dẫn 1.txt"
printf 'form 2' >"$work/forms/B01 DN.xml"
quiet kip pack "$work/forms" --product forms --version 1.1 --out "$work/forms-1.1.kpk"
quiet kip repo add --repo "$repo" "$work/forms-1.1.kpk"
refused 7 "may sign nothing" officer an sign --repo "$repo" --yes
for name in dung chi; do quiet officer "$name" sign --repo "$repo" --yes; done
proposal=$(kip --json publish --repo "$repo" | python3 -c 'import json, sys; print(json.load(sys.stdin)["proposal"]["proposal"])')
quiet second proposal approve "$proposal"
reads forms/forms-1.1.kpk
note "Nobody has noted that in the folder; the next release is signed all the same."
printf 'form 3' >"$work/forms/B01 DN.xml"
quiet kip pack "$work/forms" --product forms --version 1.2 --out "$work/forms-1.2.kpk"
quiet kip repo add --repo "$repo" "$work/forms-1.2.kpk"
for name in dung chi; do quiet officer "$name" sign --repo "$repo" --yes; done
refused 6 "kip repo fetch" kip publish --repo "$repo"
show kip repo fetch --repo "$repo"
show kip repo unstage --repo "$repo" --yes
quiet kip repo add --repo "$repo" "$work/forms-1.2.kpk"
sign_and_publish dung chi
reads forms/forms-1.2.kpk

step "6. The server's keys may be known to somebody"
refused 15 "stop the server" "$bin/kip-server" keys replace --dir "$work/server" --yes
stop_server
show "$bin/kip-server" keys replace --dir "$work/server" --yes
show kip repo online --repo "$repo" "$work/server/online-keys.json"
start_server
sign_and_publish dung binh
reads forms/forms-1.0.kpk

step "7. A higher threshold, and renewal before anything expires"
quiet kip repo keys --repo "$repo" --role product-program --threshold 3
quiet officer dung sign --repo "$repo" --yes
quiet officer chi sign --repo "$repo" --yes
refused 8 "2 of 3" kip publish --repo "$repo"
sign_and_publish binh
quiet kip repo renew --repo "$repo" --all
sign_and_publish binh chi dung
reads forms/forms-1.1.kpk

step "8. The whole repository is read through; what nothing names goes"
printf 'left over' >"$web/targets/forms/left-over.kpk"
show kip repo fsck "$web"
show "$bin/kip-server" gc --dir "$work/server"
[[ ! -e $web/targets/forms/left-over.kpk ]] || broken "what nothing names is still there"
reads "documents/Hướng dẫn 1.txt"
[[ ! $keep ]] || cp -r "$web" "$work/sound"
printf 'X' | dd of="$(ls "$web"/targets/forms/*forms-1.0.kpk)" bs=1 seek=100 conv=notrunc status=none
refused 11 "damaged" kip repo fsck "$web"
refused 11 "nothing was removed" "$bin/kip-server" gc --dir "$work/server"

step "Done"
