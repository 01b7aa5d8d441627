#!/bin/sh
# build-image.sh [TAG]: builds the operator's image (default assay/operator:dev) unless the image of that name was
# built from the same inputs. The Python wheels are downloaded out here, once per set of dependencies.
set -eu
tag=${1:-assay/operator:dev}
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
cache=${ASSAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}/wheels

# What decides about the image: names, modes and contents, not times.
inputs=$(find operator pyproject.toml .dockerignore -type d -name __pycache__ -prune -o -type f -print |
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
  amd64) arch=x86_64 ;;
  arm64) arch=aarch64 ;;
  *) echo "build-image: no wheels known for this engine's architecture" >&2; exit 1 ;;
esac
wheels=$cache/$(printf '%s\n' "3.13 $arch" "$dependencies" | sha256sum | cut -c1-16)
if [ ! -d "$wheels" ]; then
  mkdir -p "$cache"
  partial=$(mktemp -d "$cache/.partial.XXXXXX")
  trap 'rm -rf "$partial"' EXIT
  printf '%s\n' "$dependencies" >"$partial/requirements.txt"
  python3 -m pip download -q --disable-pip-version-check --dest "$partial" --only-binary=:all: --python-version 3.13 \
    --implementation cp --platform "manylinux_2_28_$arch" --platform "manylinux_2_17_$arch" --platform "manylinux2014_$arch" \
    --requirement "$partial/requirements.txt"
  rm "$partial/requirements.txt"
  chmod 755 "$partial"
  mv "$partial" "$wheels" # complete or absent
  trap - EXIT
fi
mkdir -p build
rm -rf build/wheels
cp -Rp "$wheels" build/wheels # times too: the legacy builder's cache does not look at them, BuildKit's transfer does
docker build --quiet --file operator/Dockerfile --label "dev.assay.inputs=$inputs" --tag "$tag" . >/dev/null
echo "$tag: built"
