#!/.assay/toolbox/busybox sh
# init.sh UID GID GROUPS WORKDIR COMMAND...: first process of the mount, pid and ipc namespaces in which score.sh
# runs one function; HOME is set. Makes the function's root and enters it: scratch space over the agent's disk over
# the image, or (Clean) over the image alone, with the agent's tree at /devbox.
# It keeps SYS_ADMIN, so that the function may not trace it; when it ends, the kernel kills all the function left.
#   fd 8: our own failures    $R/pid: this process as score.sh sees it    fd 9: what is to be restored, see tests.sh
set -u
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh
R=/.assay/run
S=/.assay/scratch

die() {
  echo "$*" >&8
  exit 125
}

# The agent's tree, for functions to look at: nothing in it gains rights, nothing of ours runs in it.
stage_devbox() {
  local slot out
  slot=$STAGE/$(set -- $staged; echo $#)
  $B mkdir "$slot"
  out=$($B mount -t overlay overlay -o "ro,nosuid,nodev,lowerdir=$D/upper:${ASSAY_IMAGE:-/},userxattr" "$slot" 2>&1) ||
    die "cannot mount the agent's tree: $out ($NEEDS)"
  staged="$staged /devbox"
}

read -r pid _ </proc/self/stat && echo "$pid" >$R/pid
uid=$1 gid=$2 groups=$3 workdir=$4
shift 4
[ -d $D/upper ] || die "there is no devbox's disk at $D"
# A container that is started again must not see what its first run wrote.
$B rm -rf $S/upper $S/work && $B mkdir -p $N $S/upper $S/work || die "cannot write to the scratch space $S"
check_canary
if [ "${ASSAY_ROOT:-}" = Clean ]; then
  new_root / $S volatile # nobody reads the scratch space afterwards
  stage_devbox
  start=/ # no directory of the image is made
  unset ASSAY_RESTORE
else
  new_root "$D/upper:/" $S volatile
  start=$workdir
fi
$B sh $T/pristine.sh "$workdir" >$S/pristine.tar 2>$R/why || die "cannot restore files of the image: $($B tail -n 1 $R/why)"
exec 9<$S/pristine.tar
# /proc is new here, the parts of it that the runtime hides or makes read-only stay so.
masks=
while read -r _ _ _ _ path _; do
  case $path in /proc/*) masks="$masks $path" ;; esac
done </proc/self/mountinfo
stage $masks /sys /dev /etc/hosts /etc/hostname /etc/resolv.conf "$ASSAY_RESULTS" /.assay/tests /.assay/tools
place scorer "$start" "$uid"
for path in /dev/termination-log $D $S $R $ASSAY_RESULTS /.assay/tests /.assay/expect; do
  $B umount -l $path 2>/dev/null || :
done
switch_root $B sh $T/run.sh "$uid" "$gid" "$groups" "$workdir" "$@"
