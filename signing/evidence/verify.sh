#!/bin/sh
# Checks an unpacked evidence bundle without the program that made it: POSIX shell, openssl (3.0 or newer) and coreutils. Format:
# docs/formats/evidence.md.
#
#   sh verify.sh [--keys FILE] [--ca FILE]...
#
#   --keys FILE   the vendor's keys, in the form of keys.txt, which you have by a way that you trust. Without it the bundle's own are
#                 used, which shows that it is consistent and not whose it is
#   --ca FILE     root certificates (PEM) of a time stamp authority that you trust; may be repeated. Without one no time is believed
#
# Exit status: 0 everything that was looked at holds; 1 something does not; 2 it could not be looked at.
set -u
LC_ALL=C
export LC_ALL
umask 077
start=$PWD
cd "$(dirname "$0")" || exit 2

fail() { printf 'WRONG %s\n' "$1"; bad=1; }
good() { printf 'ok    %s\n' "$1"; }
stop() { printf 'verify.sh: %s\n' "$1" >&2; exit 2; }
# from_start PATH: as it was meant where the script was started
from_start() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$start" "$1" ;; esac }
bad=0 keys='' cas=''

while [ $# -gt 0 ]; do
  case $1 in
    --keys)
      [ $# -ge 2 ] || stop '--keys needs a file'
      keys=$(from_start "$2")
      shift 2
      ;;
    --ca)
      [ $# -ge 2 ] || stop '--ca needs a file'
      ca=$(from_start "$2")
      [ -r "$ca" ] || stop "$2 cannot be read"
      cas="$cas$ca
"
      shift 2
      ;;
    *) stop "$1 is not known" ;;
  esac
done
own_keys=no
if [ -z "$keys" ]; then keys=keys.txt own_keys=yes; fi
[ -r "$keys" ] || stop "$keys cannot be read"
command -v openssl >/dev/null || stop 'openssl is missing'
work=$(mktemp -d) || stop 'there is no room for temporary files'
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

# value NAME TEXT: the text of a member of compact JSON; nothing where it is not there
value() {
  case $2 in
    *"\"$1\":\""*)
      rest=${2#*"\"$1\":\""}
      printf '%s' "${rest%%\"*}"
      ;;
  esac
}
# last_value NAME TEXT: of the last member of that name
last_value() {
  rest=${2##*"\"$1\":\""}
  printf '%s' "${rest%%\"*}"
}
# with_lines TEXT: a text of JSON with its line feeds
with_lines() {
  text=$1
  while :; do
    case $text in
      *'\u000a'*)
        printf '%s\n' "${text%%'\u000a'*}"
        text=${text#*'\u000a'}
        ;;
      *)
        printf '%s' "$text"
        return
        ;;
    esac
  done
}
# binary HEX: the octets
binary() {
  hex=$1 out=''
  while [ -n "$hex" ]; do
    two=${hex%"${hex#??}"} hex=${hex#??}
    out="$out\\$(printf '%03o' "0x$two")"
  done
  # shellcheck disable=SC2059  # the octets are the format
  printf "$out"
}
# public_key HEX FILE: an Ed25519 key as openssl reads it
public_key() { binary "302a300506032b6570032100$1" >"$work/der" && openssl pkey -pubin -inform DER -in "$work/der" -out "$2" 2>/dev/null; }
signed() { openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" >/dev/null 2>&1; }
hash_of() { sha256sum "$1" | cut -c 1-64; }

# entry_keys FOLDER: the files of its entry keys; checkpoint_keys FOLDER: "NAME+ID+KEY" of those
entry_keys() {
  while read -r kind folder key; do
    if [ "$kind" = entry ] && [ "$folder" = "$1" ]; then
      [ -s "$work/key.$key" ] || public_key "$key" "$work/key.$key"
      printf '%s\n' "$work/key.$key"
    fi
  done <"$keys"
}
checkpoint_keys() {
  while read -r kind folder key; do
    if [ "$kind" = checkpoint ] && [ "$folder" = "$1" ]; then printf '%s\n' "$key"; fi
  done <"$keys"
}
# signed_by_any KEYS TEXT SIGNATURE
signed_by_any() {
  for key in $1; do
    if signed "$key" "$2" "$3"; then return 0; fi
  done
  return 1
}

# note_holds FILE FOLDER: a signed note (C2SP signed-note); its text is left in $work/text
note_holds() {
  : >"$work/text"
  : >"$work/lines"
  in_text=yes
  while IFS= read -r line; do
    if [ $in_text = yes ] && [ -z "$line" ]; then in_text=no; continue; fi
    if [ $in_text = yes ]; then printf '%s\n' "$line" >>"$work/text"; else printf '%s\n' "$line" >>"$work/lines"; fi
  done <"$1"
  for vkey in $(checkpoint_keys "$2"); do
    name=${vkey%%+*} rest=${vkey#*+}
    id=${rest%%+*}
    printf '%s' "${rest#*+}" | openssl base64 -d -A >"$work/vkey"
    public_key "$(tail -c +2 "$work/vkey" | od -A n -t x1 -v | tr -d ' \n')" "$work/note.key" || continue
    while read -r dash signer signature; do
      [ "$dash" = '—' ] && [ "$signer" = "$name" ] || continue
      printf '%s' "$signature" | openssl base64 -d -A >"$work/raw"
      [ "$(head -c 4 "$work/raw" | od -A n -t x1 -v | tr -d ' \n')" = "$id" ] || continue
      tail -c +5 "$work/raw" >"$work/sig"
      if signed "$work/note.key" "$work/text" "$work/sig"; then return 0; fi
    done <"$work/lines"
  done
  return 1
}

# Merkle trees (RFC 6962) on a stack of perfect subtrees: "SIZE FILE" each, the smallest on top. Files are numbered, so that none is
# overwritten while it is in use.
node() { printf '\001' | cat - "$1" "$2" | openssl dgst -sha256 -binary >"$3"; }
push_leaf() {
  printf '\000' | cat - "$1" | openssl dgst -sha256 -binary >"$work/node.$next_node"
  top=$work/node.$next_node size=1
  next_node=$((next_node + 1))
  while [ -n "$stack" ] && [ "${stack%% *}" = "$size" ]; do
    rest=${stack#* }
    left=${rest%%
*}
    stack=${rest#*
}
    node "$left" "$top" "$work/node.$next_node"
    rm -f "$left" "$top"
    top=$work/node.$next_node size=$((size * 2))
    next_node=$((next_node + 1))
  done
  stack="$size $top
$stack"
}
# root FILE: of what is on the stack
root() {
  right=''
  while read -r size file; do
    if [ -z "$size" ]; then continue; fi
    if [ -z "$right" ]; then
      cp "$file" "$work/root"
    else
      node "$file" "$work/root" "$work/root.next" && mv "$work/root.next" "$work/root"
    fi
    right=yes
  done <<EOF
$stack
EOF
  if [ -z "$right" ]; then openssl dgst -sha256 -binary </dev/null >"$work/root"; fi
  openssl base64 -A -in "$work/root"
}

# envelope FILE FOLDER: a DSSE envelope by an entry key; its payload is left in $payload
envelope() {
  text=$(cat "$1")
  type=$(value payloadType "$text")
  value payload "$text" | openssl base64 -d -A >"$work/payload"
  value sig "$text" | openssl base64 -d -A >"$work/sig"
  # The shell would drop a last line feed: the length is taken from the file.
  { printf 'DSSEv1 %s %s %s ' "${#type}" "$type" "$(wc -c <"$work/payload" | tr -d ' ')"; cat "$work/payload"; } >"$work/pae"
  payload=$(cat "$work/payload")
  [ "$type" = application/vnd.kip.log-entry+json ] && signed_by_any "$(entry_keys "$2")" "$work/pae" "$work/sig"
}

# stamp FILE-OF-PAYLOAD FOLDER: a time stamp that stands in O; tells its time where an authority that is trusted made it
stamp() {
  value token "$payload" | openssl base64 -d -A >"$work/token"
  authority=$(value authority "$payload")
  with_lines "$(value checkpoint "$payload")" >"$work/stamped"
  covered=$(tail -n +2 "$work/stamped" | head -n 1)
  stamped_root=$(tail -n +3 "$work/stamped" | head -n 1)
  if [ "$(cat "$work/roots.$1.$covered" 2>/dev/null)" != "$stamped_root" ]; then
    fail "entry $2 of $1: it stamps a tree that this log never had"
    return
  fi
  time=$(openssl ts -reply -token_in -in "$work/token" -token_out -text 2>/dev/null | while IFS= read -r line; do
    case $line in 'Time stamp: '*) printf '%s' "${line#Time stamp: }" ;; esac
  done)
  seconds=$(date -u -d "$time" +%s 2>/dev/null) || { fail "entry $2 of $1: its token has no time"; return; }
  found=no
  while IFS= read -r ca; do
    if [ -z "$ca" ]; then continue; fi
    if openssl ts -verify -data "$work/stamped" -in "$work/token" -token_in -CAfile "$ca" -attime "$seconds" >/dev/null 2>&1; then
      found=yes
      break
    fi
  done <<EOF
$cas
EOF
  if [ $found = yes ]; then
    good "stamp in entry $2 of $1: $covered entries existed by $time (\"$authority\", by $ca)"
    stamps=$((stamps + 1))
  else
    printf '      stamp in entry %s of %s says %s for %s entries; no authority that you named vouches for it\n' "$2" "$1" "$time" "$covered"
  fi
}

check_log() {
  folder=$1
  if ! note_holds "log/$folder/checkpoint" "$folder"; then
    fail "the checkpoint of $folder has no signature by a key of $keys"
    return
  fi
  cp "$work/text" "$work/checkpoint"
  wanted_size=$(tail -n +2 "$work/checkpoint" | head -n 1)
  wanted_root=$(tail -n +3 "$work/checkpoint" | head -n 1)
  count=0 unsigned=0 tokens='' sizes=' '
  for file in "log/$folder/entries/"*; do
    [ -f "$file" ] || continue
    if [ "$file" != "log/$folder/entries/$(printf '%08d' $count)" ]; then break; fi
    if ! envelope "$file" "$folder"; then unsigned=$((unsigned + 1)); fi
    case $payload in
      *'"type":"timestamp.recorded"'*)
        tokens="$tokens $count"
        sizes="$sizes$(with_lines "$(value checkpoint "$payload")" | tail -n +2 | head -n 1) "
        ;;
    esac
    count=$((count + 1))
  done
  stack='' next_node=0 size_now=0
  while [ $size_now -lt $count ]; do
    push_leaf "log/$folder/entries/$(printf '%08d' $size_now)"
    size_now=$((size_now + 1))
    case $sizes in *" $size_now "*) root >"$work/roots.$folder.$size_now" ;; esac
  done
  if [ "$count" != "$wanted_size" ] || [ "$(root)" != "$wanted_root" ]; then
    fail "the $count entries of $folder are not those of its checkpoint"
    return
  fi
  good "log $folder: $count entries have the root of the signed checkpoint"
  if [ $unsigned = 0 ]; then good "log $folder: each entry is signed by an entry key"; else fail "$unsigned entries of $folder are not signed by an entry key"; fi
  for place in $tokens; do
    envelope "log/$folder/entries/$(printf '%08d' "$place")" "$folder"
    stamp "$folder" "$place"
  done
}

# Each event that is shown: of O its hash stands in its entry, of R in its proof.
check_events() {
  shown=0
  for file in events/o*/*; do
    [ -f "$file" ] || continue
    folder=${file#events/}
    folder=${folder%%/*}
    shown=$((shown + 1))
    value payload "$(cat "log/$folder/entries/${file##*/}" 2>/dev/null)" | openssl base64 -d -A >"$work/payload" 2>/dev/null
    if [ "$(last_value event "$(cat "$work/payload")")" != "$(hash_of "$file")" ]; then fail "$file is not the event of its entry"; fi
  done
  good "$shown events of O are shown"
}

# proof FILE: that an event stands in R, by a head that is signed; RFC 9162 section 2.1.3.2
check_proof() {
  event=${1%.proof}
  folder=${event#events/}
  folder=${folder%%/*}
  : >"$work/head"
  : >"$work/path"
  part=format
  while IFS= read -r line; do
    case $part in
      format) part=index; [ "$line" = c2sp.org/tlog-proof@v1 ] || return 1 ;;
      index) case $line in 'extra '*) ;; 'index '*) index=${line#index }; part=path ;; *) return 1 ;; esac ;;
      path) if [ -z "$line" ]; then part="head"; else printf '%s\n' "$line" >>"$work/path"; fi ;;
      head) printf '%s\n' "$line" >>"$work/head" ;;
    esac
  done <"$1"
  note_holds "$work/head" "$folder" || return 1
  tree_size=$(tail -n +2 "$work/text" | head -n 1)
  tree_root=$(tail -n +3 "$work/text" | head -n 1)
  [ "$event" = "events/$folder/$(printf '%08d' "$index")" ] && [ "$index" -lt "$tree_size" ] || return 1
  binary "$(hash_of "$event")" >"$work/commitment"
  printf '\000' | cat - "$work/commitment" | openssl dgst -sha256 -binary >"$work/r"
  fn=$index sn=$((tree_size - 1))
  while read -r step; do
    [ $sn -gt 0 ] || return 1
    printf '%s' "$step" | openssl base64 -d -A >"$work/p"
    if [ $((fn % 2)) = 1 ] || [ $fn = $sn ]; then
      node "$work/p" "$work/r" "$work/r.next"
      while [ $((fn % 2)) = 0 ] && [ $fn != 0 ]; do fn=$((fn / 2)) sn=$((sn / 2)); done
    else
      node "$work/r" "$work/p" "$work/r.next"
    fi
    mv "$work/r.next" "$work/r"
    fn=$((fn / 2)) sn=$((sn / 2))
  done <"$work/path"
  [ $sn = 0 ] && [ "$(openssl base64 -A -in "$work/r")" = "$tree_root" ]
}

# Every file here but the sums, one name a line. Names of bundles have no blanks and no line feeds; others are not listed, whatever they are.
files_in() {
  for name in "$1"* "$1".[!.]* "$1"..?*; do
    if [ "$name" = SHA256SUMS ] || [ "$name" = SHA256SUMS.sig ]; then continue; fi
    if [ -h "$name" ] || [ ! -d "$name" ]; then
      if [ -e "$name" ] || [ -h "$name" ]; then printf '%s\n' "$name"; fi
    else
      files_in "$name/"
    fi
  done
}
# check_sums: SHA256SUMS names exactly the other files, each once
check_sums() {
  tail -n +2 SHA256SUMS | cut -c 67- >"$work/listed"
  files_in '' | sort >"$work/there"
  if ! sha256sum --strict --quiet -c SHA256SUMS >"$work/sums" 2>&1; then
    fail "files are not as SHA256SUMS has them: $(head -n 3 "$work/sums")"
  elif ! cmp -s "$work/listed" "$work/there"; then
    fail "files are here that SHA256SUMS does not name, or it names them otherwise: $(comm -3 "$work/listed" "$work/there" 2>&1 | head -n 3)"
  else
    good 'SHA256SUMS names every file, and each is as it says'
    return
  fi
  # Nothing that follows would be about the bundle that was signed.
  exit 1
}

if [ $own_keys = yes ]; then echo 'note: the keys are those of the bundle itself; name yours with --keys'; fi
check_sums
newest=''
for path in log/o*; do
  [ -d "$path" ] || continue
  newest=${path#log/}
  stamps=0
  check_log "$newest"
done
[ -n "$newest" ] || fail 'there is no log'
if signed_by_any "$(entry_keys "$newest")" SHA256SUMS SHA256SUMS.sig; then good 'SHA256SUMS is signed by an entry key'; else fail 'SHA256SUMS has no signature by an entry key'; fi
check_events
proofs=0
for file in events/r*/*; do
  [ -f "$file" ] || continue
  case $file in
    *.proof) if [ ! -f "${file%.proof}" ]; then fail "$file proves an event that is not here"; fi ;;
    *) if [ -f "$file.proof" ] && check_proof "$file.proof"; then proofs=$((proofs + 1)); else fail "nothing proves $file"; fi ;;
  esac
done
good "$proofs events of R are shown, each proven to stand in it"
if sh judge.sh claims/histories.txt >"$work/judged" 2>"$work/complaint"; then
  if cmp -s "$work/judged" claims/judgements.txt; then good 'the judgements are those that judge.sh makes of claims/histories.txt'; else fail 'judge.sh judges claims/histories.txt otherwise'; fi
else
  fail "$(cat "$work/complaint")"
fi
if [ -n "$cas" ]; then
  echo 'Claimed, by authorities that the vendor believes; the lines about stamps above say which of them you believe:'
  cat claims/judgements.txt
else
  echo 'No verdict is told: without --ca you believe no authority, and nothing proves any time. The claims stand in claims/judgements.txt.'
fi
echo 'Not looked at here: that the histories are what the logs say, receipts'"'"' signatures, limits, officers'"'"' signatures. "kip evidence verify" does that.'
exit $bad
