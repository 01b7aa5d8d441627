#!/.assay/toolbox/busybox sh
# Sourced by score.sh: what the function left in $RESULTS, and how full the agent left its volume.
# shellcheck disable=SC2034 # both are score.sh's
JUNIT_BYTES=3145728
# shellcheck disable=SC2034
RESULT_BYTES=1500

# take PATH BYTES FILE: copies a result to FILE, or prints what is wrong: missing, too-large. Follows no symlink and
# opens nothing but regular files; nothing that the function started runs any more.
take() (
  cd $RESULTS || exit 1
  rest=$1
  while [ "$rest" != "${rest#*/}" ]; do
    [ ! -L "./${rest%%/*}" ] && [ -d "./${rest%%/*}" ] && cd "./${rest%%/*}" || { echo missing; exit 1; }
    rest=${rest#*/}
  done
  [ ! -L "./$rest" ] && [ -f "./$rest" ] || { echo missing; exit 1; }
  [ "$(size "./$rest")" -le "$2" ] || { echo too-large; exit 1; }
  $B cat "./$rest" >"$3"
)

# disk_percent: of the agent's volume, blocks or inodes, whichever is closer to the end. 100 is full.
disk_percent() {
  local path
  [ ! -e $S/disk ] || { $B cat $S/disk; return; } # copydisk.sh saw the volume
  for path in $D /devbox; do
    [ ! -d $path ] || { $B stat -f -c '%b %f %a %c %d' $path | percent_used; return; }
  done
}

# percent_used: stdin: blocks, free, available to users, inodes, free inodes. Some file systems count no inodes.
percent_used() {
  $B awk '{
    used = $1 - $2; blocks = used + $3 > 0 ? 100 * used / (used + $3) : 0
    inodes = $4 > 0 ? 100 * ($4 - $5) / $4 : 0
    printf "%d", (blocks > inodes ? blocks : inodes)
  }'
}
