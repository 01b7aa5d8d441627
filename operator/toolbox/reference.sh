#!/.assay/toolbox/busybox sh
# reference.sh patch|script FILE: what the Reference agent runs in the devbox: applies the scenario's reference
# output to the working directory. Runs as the image's user, with the image's PATH.
set -u
T=/.assay/toolbox
B=$T/busybox

[ $# -eq 2 ] && [ -r "$2" ] || { echo "assay-reference: usage: reference.sh patch|script FILE, and FILE must be readable" >&2; exit 125; }

# A patch from YAML often lacks its last newline, which git calls a corrupt patch.
patch_text() {
  $B cat "$1"
  [ -z "$($B tail -c 1 "$1")" ] || echo
}

# Not `command -v`: Debian's busybox shell would find, and run, its own applets before the image's programs.
apply() {
  local tool
  if tool=$($T/environ back -- $B which git); then
    # Paths are relative to the working directory. A repository further up would make git ignore, silently, all
    # files outside of it, so it is not looked for; whoever owns the files, the user asked for this.
    GIT_CEILING_DIRECTORIES=${PWD%/*} $T/environ back GIT_CEILING_DIRECTORIES -- "$tool" -c safe.directory='*' apply --verbose --whitespace=nowarn -
  elif tool=$($T/environ back -- $B which patch); then
    $T/environ back -- "$tool" -p1 --batch --forward --no-backup-if-mismatch
  else
    $B patch -p1 -N
  fi
}

case $1 in
  patch)
    patch_text "$2" | apply >&2 || { code=$?; echo "assay-reference: the patch does not apply in $PWD, see the lines above" >&2; exit "$code"; }
    ;;
  script) exec $T/environ back -- $T/environ bash -- $T/bash "$2" ;;
  *) echo "assay-reference: no such kind of reference output: $1" >&2; exit 125 ;;
esac
