#!/bin/bash
# The shell's reading of the rules of verdicts judges every hand-made history as it was worked out by hand.
#
#   judge_histories.sh JUDGE HISTORIES
set -euo pipefail

work=$(mktemp -d "${TMPDIR:-/tmp}/kip-judge.XXXXXX")
trap 'rm -rf "$work"' EXIT

while read -r first second rest; do
  if [[ $first == history ]]; then name=$second; fi
  if [[ $first == '#' && $second == '=' ]]; then printf '%s %s\n' "$name" "$rest"; fi
done <"$2" >"$work/expected"
for shell in sh bash; do
  "$shell" "$1" "$2" >"$work/judged"
  diff "$work/expected" "$work/judged"
  printf '%s: %s judgements are the expected ones\n' "$shell" "$(wc -l <"$work/judged")"
done

# What is no history is refused, with the number of its line.
while read -r line; do
  printf 'history h\n%s\n' "$line" >"$work/wrong"
  if said=$(sh "$1" "$work/wrong" 2>&1); then echo "\"$line\" was taken: $said" && exit 1; fi
  [[ $said == *"line 2 is no line of a history"* ]] || { echo "\"$line\": $said" && exit 1; }
done <<'LINES'
due x
due
due 1 2
quorum 0
stamp A 1 2 3
stamp A 1 2 3 4 indeed
stamp A 1 2 -3 -
head 1
part x
word 1 installed 2 -
install
install A b
rollout 1
opened
unknown 1
LINES
