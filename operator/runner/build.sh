#!/bin/sh
# build.sh OUTPUT: compiles the runner to this absolute path, for Linux on GOARCH (default: that of this machine).
# Static, since it runs in images that have no libraries, or an agent's; it begins in entry_*.s (-E).
set -eu
cd "$(dirname "$0")"
CGO_ENABLED=0 GOOS=linux exec go build -trimpath -buildvcs=false -ldflags "-s -w -E _rt0_runner" -o "$1" .
