#!/bin/sh
# fuzz.sh [SECONDS]: fuzzes every target of the module for so long (default 5), one after the other, from its corpus.
# An input that fails is kept in the package's testdata/fuzz: commit it with the cure, it is a test from then on.
set -eu
cd "$(dirname "$0")"
grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' . | sort | while IFS=: read -r file match; do
  echo "${file%/*} ${match#func }"
  out=$(go test "${file%/*}" -run '^$' -fuzz "^${match#func }\$" -fuzztime "${1:-5}s" 2>&1) || { echo "$out"; exit 1; }
done
