#!/.assay/toolbox/busybox sh
# python.sh SCRIPT [REQUIREMENTS_FILE] [VERSION]: runs a Python scoring script, as the function: isolated (-I) from the
# working directory, PYTHON* variables and the user's packages, by the first python3 on PATH that VERSION (such as
# `>=3.11,<3.14`) admits; with requirements, in an environment of its own made by uv. Called through `environ aside`
# with the function's own variables: they, PATH and HOME are what uv sees. The script sees everything.
set -u
T=/.assay/toolbox
B=$T/busybox
UV=/.assay/tools/uv

fail() { echo "assay-python: $*" >&2; exit 125; }

# As PEP 440 compares releases; a bare version admits all that begin with it.
ADMITS='
import re, sys
def admits(spec):
    op, text = re.fullmatch(r"(~=|===?|!=|<=|>=|<|>)?\s*([0-9]+(?:\.[0-9]+)*(?:\.\*)?)", spec).groups()
    release = [int(n) for n in text.removesuffix(".*").split(".")]
    mine = list(sys.version_info[:3])
    prefix = mine[:len(release)] == release
    release += [0] * (3 - len(release))
    if op is None or text.endswith("*"):
        return prefix != (op == "!=")
    if op == "~=":
        return mine >= release and mine[:text.count(".")] == release[:text.count(".")]
    return {"==": mine == release, "===": mine == release, "!=": mine != release, "<": mine < release,
            "<=": mine <= release, ">": mine > release, ">=": mine >= release}[op]
try:
    sys.exit(not all(admits(spec.strip()) for spec in sys.argv[1].split(",") if spec.strip()))
except AttributeError:
    sys.exit(64)
'

# find_python VERSION: prints its path.
find_python() {
  local IFS=: dir code
  set -f
  for dir in $path; do
    [ -x "$dir/python3" ] && [ ! -d "$dir/python3" ] || continue
    $T/environ back -- "$dir/python3" -I -c "$ADMITS" "$1" 2>/dev/null
    code=$?
    [ $code != 64 ] || fail "no such version constraint: $1 (write it like >=3.11,<3.14)"
    [ $code != 0 ] || { echo "$dir/python3"; return; }
    seen="${seen:-} $dir/python3"
  done
  fail "no python3${1:+ $1} on PATH ($path)${seen:+, only$seen}: use an image that has one"
}

[ $# -ge 1 ] && [ -r "$1" ] || fail "usage: python.sh SCRIPT [REQUIREMENTS_FILE] [VERSION], and SCRIPT must be readable"
script=$1 requirements=${2:-}
path=$($T/environ back -- $B awk 'BEGIN { print ENVIRON["PATH"] }')
python=$(find_python "${3:-}") || exit
if [ -n "$requirements" ]; then
  [ -x $UV ] || fail "there is no uv at $UV to install the requirements"
  export TMPDIR="${TMPDIR:-/tmp}"
  $B mkdir -p "$TMPDIR" && home=$($B mktemp -d) || fail "cannot write to $TMPDIR"
  export UV_CACHE_DIR="$home/cache" UV_PYTHON_DOWNLOADS=never UV_NO_CONFIG=1 UV_NO_PROGRESS=1
  PATH="$path" $UV venv --quiet --python "$python" "$home/venv" >&2 || fail "cannot make an environment with $python, see the lines above"
  PATH="$path" $UV pip install --quiet --python "$home/venv/bin/python" --requirement "$requirements" >&2 ||
    fail "cannot install the requirements, see the lines above (a function reaches a package index only with network: Internet)"
  python=$home/venv/bin/python
fi
exec $T/environ back -- "$python" -I "$script"
