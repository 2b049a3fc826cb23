#!/bin/bash
# The demo with real releases of a public schema, old and new, which are not part of this repository.
#
#   real_forms.sh BIN FOLDER     ends with 77 (skipped) where FOLDER is not there
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
old="$2/2020-02-10" new="$2/latest"
if [[ ! -d $old || ! -d $new ]]; then
  printf 'skipped: no real form sets in %s\n' "$2"
  exit 77
fi
exec "$here/demo.sh" --bin "$1" --forms "$old" "$new"
