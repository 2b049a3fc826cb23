#!/bin/sh
# Judges histories: whether limits were kept, by what logs and time stamps prove. A second reading of docs/formats/verdict.md, written apart from the
# program's own and without it: POSIX shell and coreutils only, so that anybody can read what decides.
#
#   sh judge.sh FILE        histories as text; one line for each judgement
#
# Exit status: 0 judged; 1 the file is no histories as text.
set -eu
LC_ALL=C
export LC_ALL

# A judgement is four variables: V (verdict), NB and NA (bounds, "-" where none is proven), F (findings, each once, with blanks around them).
ORDER='no-due proven-before proven-after not-stamped stamped-after not-published not-open not-received claimed-in-time attested-in-time contradicted development-stamp no-installs'

fail() { printf 'judge.sh: line %s is no line of a history\n' "$line_number" >&2; exit 1; }
is_number() { case ${1#-} in '' | *[!0-9]*) return 1 ;; esac; }
is_place() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }
is_before() { [ "$1" != - ] && [ "$1" -lt "$due" ]; }
is_from() { [ "$1" != - ] && [ "$1" -ge "$due" ]; }
# Functions that find a time or a place leave it in T ("-" for none): a process for each would take longer than the judging.

# later A B: the later one of two times of which any may be missing
later() { if [ "$1" = - ]; then T=$2; elif [ "$2" = - ] || [ "$1" -ge "$2" ]; then T=$1; else T=$2; fi; }
add() { case $F in *" $1 "*) ;; *) F="$F$1 " ;; esac; }
drop() { case $F in *" $1 "*) F="${F%%" $1 "*} ${F#*" $1 "}" ;; esac; }
fresh() { V=INDETERMINATE NB=- NA=- F=' '; }
# weigh VERDICT, in W; is_weightier A B: whether verdict A stands before B where both are needed
weigh() { case $1 in LATE) W=3 ;; DISPUTED) W=2 ;; INDETERMINATE) W=1 ;; *) W=0 ;; esac; }
is_weightier() { weigh "$1"; W1=$W; weigh "$2"; [ "$W1" -gt "$W" ]; }

# What was found for these stamps and this quorum before is kept in variables: many judgements ask for the same places.
prepare_stamps() {
  if [ $prepared = yes ]; then return; fi
  stamps=$(printf '%s' "$stamps" | sort -k3,3n)"
"
  prepared=yes generation=$((generation + 1))
}
recall() {
  eval "T=\${FOUND_${generation}_$1-}"
  [ -n "$T" ]
}
remember() { eval "FOUND_${generation}_$1=\$T"; }

# not_after PLACE KIND: by when the entry of O existed; KIND "independent" leaves development authorities out. The quorum's last of the authorities'
# earliest stamps that cover it; the stamps are in the order of their times.
not_after() {
  if recall "after_$2_$1"; then return; fi
  T=- asked=' ' missing=$quorum
  while read -r authority before after covers recorded kind; do
    if [ -z "$authority" ] || [ "$covers" -le "$1" ]; then continue; fi
    if [ "$2" != all ] && [ "$kind" != independent ]; then continue; fi
    case $asked in *" $authority "*) continue ;; esac
    asked="$asked$authority " missing=$((missing - 1))
    if [ $missing = 0 ]; then
      T=$after
      break
    fi
  done <<EOF
$stamps
EOF
  remember "after_$2_$1"
}

# not_before PLACE|end KIND: the latest stamp that stands in O before it
not_before() {
  if recall "before_$2_$1"; then return; fi
  T=-
  while read -r authority before after covers recorded kind; do
    if [ -z "$authority" ] || [ "$recorded" = - ]; then continue; fi
    if [ "$1" != end ] && [ "$recorded" -ge "$1" ]; then continue; fi
    if [ "$2" != all ] && [ "$kind" != independent ]; then continue; fi
    if [ "$T" = - ] || [ "$before" -gt "$T" ]; then T=$before; fi
  done <<EOF
$stamps
EOF
  remember "before_$2_$1"
}

# decide NB NB-INDEPENDENT NA NA-INDEPENDENT
decide() {
  fresh
  NB=$1 NA=$3
  met=no late=no
  if is_before "$3"; then met=yes; fi
  if is_from "$1"; then late=yes; fi
  case $met$late in
    yesyes) V=DISPUTED ;;
    yesno) V=MET ;;
    noyes) V=LATE ;;
  esac
  if [ $met = yes ]; then add proven-before; fi
  if [ $late = yes ]; then add proven-after; fi
  if [ $met$late = nono ]; then if [ "$NA" = - ]; then add not-stamped; else add stamped-after; fi; fi
  independently_met=no independently_late=no
  if is_before "$4"; then independently_met=yes; fi
  if is_from "$2"; then independently_late=yes; fi
  if [ $met$late != $independently_met$independently_late ]; then add development-stamp; fi
}

# find_before PLACE|end, find_after PLACE: the bounds, and those by independent authorities alone
find_before() { not_before "$1" all; B=$T; not_before "$1" independent; BI=$T; }
find_after() { not_after "$1" all; A=$T; not_after "$1" independent; AI=$T; }

judge_entry() {
  find_before "$1"
  find_after "$1"
  decide "$B" "$BI" "$A" "$AI"
}
# What is in no log comes after everything that is.
judge_missing() {
  find_before end
  decide "$B" "$BI" - -
  drop not-stamped
  add "$1"
}

# The judgement at hand is kept beside another one.
keep() { KV=$V KNB=$NB KNA=$NA KF=$F; }
restore() { V=$KV NB=$KNB NA=$KNA F=$KF; }
# Of two ways to the same thing, the one that proves more: the judgement at hand against the one that is kept.
is_better() {
  if [ "$V" != "$KV" ]; then is_weightier "$KV" "$V"; return; fi
  if [ "$NA" = - ]; then return 1; fi
  [ "$KNA" = - ] || [ "$NA" -lt "$KNA" ]
}
# Of two things that are both needed, the kept one and the one at hand.
both() {
  if is_weightier "$KV" "$V"; then V=$KV; fi
  later "$NB" "$KNB"
  NB=$T
  if [ "$NA" = - ] || [ "$KNA" = - ]; then T=-; else later "$NA" "$KNA"; fi
  NA=$T
  for finding in $KF; do add "$finding"; done
  if [ "$V" != MET ]; then drop proven-before; fi
}

# best FUNCTION LIST MISSING: the best of several ways, each a word of the list
best() {
  found=no
  for way in $2; do
    "$1" "$way"
    if [ $found = no ] || is_better; then keep; fi
    found=yes
  done
  if [ $found = yes ]; then restore; else judge_missing "$3"; fi
}

judge_published() {
  part_count=0 whole=''
  while read -r places; do
    if [ -z "$places" ]; then continue; fi
    best judge_entry "${places#part}" not-published
    if [ -n "$whole" ]; then
      KV=$WV KNB=$WNB KNA=$WNA KF=$WF
      both
    fi
    whole=yes WV=$V WNB=$NB WNA=$NA WF=$F
  done <<EOF
$parts
EOF
  if [ -z "$whole" ]; then judge_missing not-published; fi
}

# judge_span OPENED:CLOSED
judge_span() {
  span_closed=${1#*:}
  judge_entry "${1%:*}"
  if [ "$span_closed" = - ] || [ "$V" != MET ]; then return; fi
  SNB=$NB SNA=$NA SF=$F
  judge_entry "$span_closed"
  closed_verdict=$V
  V=MET NB=$SNB NA=$SNA F=$SF
  if [ "$closed_verdict" = LATE ]; then return; fi
  V=INDETERMINATE
  drop proven-before
  add not-open
}

judge_customer() {
  judge_published
  PV=$V PNB=$NB PNA=$NA PF=$F
  best judge_span "$rollout" not-open
  KV=$PV KNB=$PNB KNA=$PNA KF=$PF
  both
}

# place_in_o PLACE: from where in O on an entry of R is covered
place_in_o() {
  T=-
  while read -r head_place covers; do
    if [ -z "$head_place" ] || [ "$covers" -le "$1" ]; then continue; fi
    if [ "$T" = - ] || [ "$head_place" -lt "$T" ]; then T=$head_place; fi
  done <<EOF
$heads
EOF
}

# judge_word PLACE KIND CLAIMED BASIS GAP
judge_word() {
  made_after=-
  if [ "$2" = installed ] && [ "$5" != gap ]; then made_after=$4; fi
  A=- AI=-
  place_in_o "$1"
  if [ "$T" != - ]; then find_after "$T"; fi
  decide "$made_after" "$made_after" "$A" "$AI"
  if [ "$V" = INDETERMINATE ] && [ "$3" -lt "$due" ]; then add claimed-in-time; fi
}

# judge_install CONTRADICTED ATTESTED NAME
judge_install() {
  fresh
  if [ "$1" = yes ]; then
    V=DISPUTED
    add contradicted
    return
  fi
  first=yes
  while read -r owner place kind claimed basis gap; do
    if [ "$owner" != "$3" ]; then continue; fi
    if [ $first = no ]; then keep; fi
    judge_word "$place" "$kind" "$claimed" "$basis" "$gap"
    if [ "$V" = MET ]; then
      first=no
      break
    fi
    # A later word can prove that it was there in time, but only the first one that it came too late.
    if [ $first = no ]; then restore; fi
    first=no
  done <<EOF
$words
EOF
  if [ $first = yes ]; then add not-received; fi
  if [ "$V" = INDETERMINATE ] && is_before "$2"; then add attested-in-time; fi
}

tell() {
  findings=''
  for finding in $ORDER; do
    case $F in *" $finding "*) findings="$findings${findings:+,}$finding" ;; esac
  done
  printf '%s %s %s %s %s %s\n' "$name" "$1" "$V" "$NB" "$NA" "$findings"
}

# without_due SUBJECT...: the limit is needed for any judgement
judge_or_say_so() {
  if [ "$due" = - ]; then
    fresh
    add no-due
  else
    "$@"
  fi
}

# counts RETIRED SIGNED
counts() {
  if [ "$1" = - ]; then return 0; fi
  place_in_o "$1"
  if [ "$T" != - ] && [ "$T" -lt "$opened" ]; then return 1; fi
  [ "$2" = no ]
}

judge_installs() {
  all='' any=no
  while read -r id contradicted retired signed attested; do
    if [ -z "$id" ]; then continue; fi
    any=yes
    if ! counts "$retired" "$signed"; then continue; fi
    judge_or_say_so judge_install "$contradicted" "$attested" "$id"
    tell "install:$id"
    if [ -n "$all" ]; then
      KV=$AV KNB=$ANB KNA=$ANA KF=$AF
      both
    fi
    all=yes AV=$V ANB=$NB ANA=$NA AF=$F
  done <<EOF
$installs
EOF
  if [ $any = no ]; then return; fi
  if [ -n "$all" ]; then
    V=$AV NB=$ANB NA=$ANA F=$AF
  else
    fresh
    if [ "$due" = - ]; then add no-due; else add no-installs; fi
  fi
  tell installed
}

judge_history() {
  if [ -z "$name" ]; then return; fi
  prepare_stamps
  judge_or_say_so judge_published
  tell published
  if [ -n "$rollout" ]; then
    judge_or_say_so judge_customer
    tell customer
  fi
  judge_installs
}

# begin NAME [as-before]: with the limit, stamps, heads and parts of the one before, or anew
begin() {
  name=$1 rollout='' installs='' words='' install=''
  if [ $# = 1 ]; then due=- quorum=1 opened=0 stamps='' heads='' parts='' prepared=no; fi
}

read_install() {
  install=$1 contradicted=no retired=- signed=no attested=-
  shift
  if [ "${1-}" = contradicted ]; then contradicted=yes; shift; fi
  case ${1-} in retired=*) retired=${1#*=}; is_place "$retired" || fail; shift ;; esac
  if [ "${1-}" = signed ]; then signed=yes; shift; fi
  case ${1-} in attested=*) attested=${1#*=}; is_number "$attested" || fail; shift ;; esac
  [ $# = 0 ] || fail
  installs="$installs$install $contradicted $retired $signed $attested
"
}

read_stamp() {
  [ $# = 5 ] || { [ $# = 6 ] && [ "$6" = development ]; } || fail
  is_number "$2" && is_number "$3" && is_place "$4" || fail
  [ "$5" = - ] || is_place "$5" || fail
  kind=independent
  if [ $# = 6 ]; then kind=development; fi
  prepared=no stamps="$stamps$1 $2 $3 $4 $5 $kind
"
}

read_word() {
  [ -n "$install" ] || fail
  [ $# = 4 ] || { [ $# = 5 ] && [ "$5" = gap ]; } || fail
  is_place "$1" && is_number "$3" || fail
  [ "$2" = installed ] || [ "$2" = already-installed ] || fail
  [ "$4" = - ] || is_number "$4" || fail
  words="$words$install $1 $2 $3 $4 ${5-no}
"
}

read_line() {
  kind=$1
  shift
  case $kind in
    due)
      [ $# = 1 ] || fail
      [ "$1" = - ] || is_number "$1" || fail
      due=$1
      ;;
    quorum)
      { [ $# = 1 ] && is_place "$1" && [ "$1" -ge 1 ] && [ "$1" -le 100 ]; } || fail
      quorum=$1 prepared=no
      ;;
    opened)
      { [ $# = 1 ] && is_place "$1"; } || fail
      opened=$1
      ;;
    head)
      { [ $# = 2 ] && is_place "$1" && is_place "$2"; } || fail
      heads="$heads$1 $2
"
      ;;
    part)
      for place in "$@"; do is_place "$place" || fail; done
      parts="${parts}part $*
"
      ;;
    rollout)
      { [ $# = 2 ] && is_place "$1"; } || fail
      [ "$2" = - ] || is_place "$2" || fail
      rollout="$rollout $1:$2"
      ;;
    stamp) read_stamp "$@" ;;
    install)
      [ $# -ge 1 ] || fail
      read_install "$@"
      ;;
    word) read_word "$@" ;;
    *) fail ;;
  esac
}

name='' line_number=0 generation=0
while read -r line || [ -n "$line" ]; do
  line_number=$((line_number + 1))
  case $line in '' | '#'*) continue ;; esac
  set -f
  # shellcheck disable=SC2086  # the words of the line
  set -- $line
  set +f
  if [ "$1" = history ]; then
    [ $# = 2 ] || { [ $# = 3 ] && [ "$3" = as-before ] && [ -n "$name" ]; } || fail
    judge_history
    shift
    begin "$@"
  else
    [ -n "$name" ] || fail
    read_line "$@"
  fi
done <"${1:?name a file of histories}"
judge_history
