#!/bin/sh
# build-image.sh [TAG]: builds the operator's image (default assay/operator:dev) unless the image of that name was
# built from the same inputs. The Python wheels, of libraries and of tools, are downloaded out here, once per set; the
# runner is compiled by this machine's Go, or in a golang image where there is none that is new enough.
set -eu
tag=${1:-assay/operator:dev}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
cache=${ASSAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}/wheels
partial=
container=
trap '[ -z "$partial" ] || rm -rf "$partial"; [ -z "$container" ] || docker rm "$container" >/dev/null' EXIT

# fetch REQUIREMENTS DIRECTORY OPTION...: has pip download the wheels, and copies them to build/DIRECTORY.
fetch() {
  requirements=$1 directory=$2
  shift 2
  wheels=$cache/$(printf '%s\n' "$*" "$requirements" | sha256sum | cut -c1-16)
  if [ ! -d "$wheels" ]; then
    mkdir -p "$cache"
    partial=$(mktemp -d "$cache/.partial.XXXXXX")
    printf '%s\n' "$requirements" >"$partial/requirements.txt"
    python3 -m pip download -q --disable-pip-version-check --only-binary=:all: "$@" \
      --requirement "$partial/requirements.txt" --dest "$partial"
    rm "$partial/requirements.txt"
    chmod 755 "$partial"
    mv "$partial" "$wheels" # complete or absent
    partial=
  fi
  mkdir -p build
  rm -rf "build/$directory"
  cp -Rp "$wheels" "build/$directory" # times too: the legacy builder's cache does not look at them, BuildKit's transfer does
}

# compile ARCHITECTURE: the runner, to build/runner.
compile() {
  mkdir -p build
  if (cd operator/runner && go list -m) >/dev/null 2>&1; then
    GOARCH=$1 operator/runner/build.sh "$root/build/runner"
    return
  fi
  image=$(docker build --quiet --file - operator/runner <<DOCKERFILE
FROM golang:$(sed -n 's/^go //p' operator/runner/go.mod)
COPY . /src
RUN GOARCH=$1 /src/build.sh /runner
DOCKERFILE
  )
  container=$(docker create "$image")
  docker cp "$container:/runner" build/runner >/dev/null
}

# What decides about the image: names, modes and contents, not times.
inputs=$(find operator/assay operator/runner operator/Dockerfile operator/build-image.sh operator/tools.txt pyproject.toml \
  .dockerignore -type d \( -name __pycache__ -o -name testdata \) -prune -o -type f ! -name '*_test.go' ! -name '*.md' -print |
  LC_ALL=C sort | while IFS= read -r file; do [ ! -x "$file" ] || echo "x $file"; sha256sum "$file"; done | sha256sum | cut -c1-16)
built=$(docker image inspect --format '{{index .Config.Labels "dev.assay.inputs"}}' "$tag" 2>/dev/null) || built=
if [ "$built" = "$inputs" ]; then
  echo "$tag: unchanged"
  exit 0
fi

dependencies=$(python3 - <<'PYTHON'
import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")
PYTHON
)
# For the machine the image runs on, which need not be the one this script runs on (Docker on a Mac).
case $(docker version --format '{{.Server.Arch}}') in
  amd64) arch=x86_64 go=amd64 ;;
  arm64) arch=aarch64 go=arm64 ;;
  *) echo "build-image: no wheels known for this engine's architecture" >&2; exit 1 ;;
esac
compile "$go"
fetch "$dependencies" wheels --python-version 3.13 --implementation cp \
  --platform "manylinux_2_28_$arch" --platform "manylinux_2_17_$arch" --platform "manylinux2014_$arch"
# Static (musl) where there is a choice: these run in other images.
fetch "$(cat operator/tools.txt)" tools --no-deps --platform "musllinux_1_1_$arch" --platform "manylinux_2_28_$arch"
docker build --quiet --file operator/Dockerfile --label "dev.assay.inputs=$inputs" --tag "$tag" . >/dev/null
echo "$tag: built"
