#!/bin/sh
# fuzz.sh [INPUTS]: feeds every fuzz target of the module so many inputs (default 10000), one target after the other.
# Inputs are counted, not seconds: at the end of a time `go test -fuzz` fails now and then without an input to show
# (golang/go#75804). An input that fails is kept in the package's testdata/fuzz: commit it with the cure.
set -eu
cd "$(dirname "$0")"
inputs=${1:-10000}x
grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' . | sort | while IFS=: read -r file match; do
  echo "${file%/*} ${match#func }"
  out=$(go test "${file%/*}" -run '^$' -fuzz "^${match#func }\$" -fuzztime "$inputs" -fuzzminimizetime 100x 2>&1) ||
    { echo "$out"; exit 1; }
done
