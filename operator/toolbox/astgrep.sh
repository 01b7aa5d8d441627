#!/.assay/toolbox/busybox sh
# astgrep.sh PATTERN DIRECTORY [LANGUAGE]: the AstGrep scoring function: prints 1.0 if ast-grep finds the pattern in the
# directory (relative to the agent's working directory), else 0.0; the first five matches on stderr. The language is
# that of each file when absent. No score, and exit code 125, where the question makes no sense.
set -u
B=/.assay/toolbox/busybox
TOOLS=/.assay/tools
ERROR='Pattern contains an ERROR node'

fail() { echo "assay-astgrep: $*" >&2; exit 125; }

# search LANGUAGE PATH...: never by a configuration that lies about, which may name libraries to load.
search() {
  local language=$1
  shift
  $TOOLS/ast-grep run --config $TOOLS/sgconfig.yml --color never --heading never --pattern "$pattern" ${language:+--lang "$language"} "$@"
}

# Whether the pattern can be parsed in the language; languages go by names of files' extensions as well.
parses() {
  local out
  out=$(search "$1" --stdin </dev/null 2>&1)
  [ $? -lt 2 ] || return 1
  case $out in *"$ERROR"*) return 1 ;; esac
}

[ $# -ge 2 ] || fail "usage: astgrep.sh PATTERN DIRECTORY [LANGUAGE]"
pattern=$1 language=${3:-}
cd "$ASSAY_DEVBOX_WORKDIR/$2" 2>/dev/null || fail "there is no directory $2 in the working directory ${ASSAY_DEVBOX_WORKDIR#/devbox}"
# A symlink of the agent's leads into the function's own root.
case $(pwd -P)/ in "${ASSAY_DEVBOX%/}"/*) directory=$(pwd -P) ;; *) fail "the directory $2 is a symlink out of the agent's tree" ;; esac
cd /
if [ -n "$language" ]; then
  parses "$language" || fail "ast-grep cannot parse the pattern as $language, or does not know the language: $pattern"
fi
found=$($B mktemp) || fail "cannot write to /tmp"
search "$language" "$directory" >"$found" || [ $? = 1 ] || fail "ast-grep failed, see the lines above"
if [ -s "$found" ]; then
  $B head -n 5 "$found" | $B cut -c 1-300 >&2
  echo 1.0
  exit 0
fi
# Nothing found is only an answer if the pattern means something in some language that is there.
[ -z "$language" ] || { echo 0.0; exit 0; }
known=
for language in $($B find "$directory" -type f -name '*.*' | $B sed 's/.*\.//' | $B grep -E '^[A-Za-z]{1,8}$' | $B sort -u | $B head -n 40); do
  ! parses "$language" || { echo 0.0; exit 0; }
  ! pattern=x parses "$language" || known="$known $language"
done
[ -z "$known" ] || fail "ast-grep cannot parse the pattern in any language of the directory (files:$known): $pattern"
echo "no file in a language that ast-grep knows" >&2
echo 0.0
