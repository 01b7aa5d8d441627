#!/.assay/toolbox/busybox sh
# init.sh UID GID GROUPS WORKDIR COMMAND...: first process of the mount, pid and ipc namespaces in which score.sh
# runs one function; HOME is set. Puts the scratch space over the agent's disk over the image and enters that.
# It keeps SYS_ADMIN, so that the function may not trace it; when it ends, the kernel kills all the function left.
#   fd 8: our own failures    $R/pid: this process as score.sh sees it
set -u
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh
R=/.assay/run
S=/.assay/scratch

die() {
  echo "$*" >&8
  exit 125
}

read -r pid _ </proc/self/stat && echo "$pid" >$R/pid
uid=$1 gid=$2 groups=$3 workdir=$4
shift 4
[ -d $D/upper ] || die "there is no devbox's disk at $D"
# A container that is started again must not see what its first run wrote.
$B rm -rf $S/upper $S/work && $B mkdir -p $N $S/upper $S/work || die "cannot write to the scratch space $S"
check_canary
new_root "$D/upper:/" $S volatile # nobody reads the scratch space afterwards
# /proc is new here, the parts of it that the runtime hides or makes read-only stay so.
masks=
while read -r _ _ _ _ path _; do
  case $path in /proc/*) masks="$masks $path" ;; esac
done </proc/self/mountinfo
stage $masks /sys /dev /etc/hosts /etc/hostname /etc/resolv.conf ${ASSAY_KEEP:-}
place scorer "$workdir" "$uid"
for path in /dev/termination-log $D $S $R; do
  $B umount -l $path 2>/dev/null || :
done
unset ASSAY_KEEP ASSAY_NESTED_USERNS ASSAY_MESSAGE_BYTES OLDPWD
switch_root $B sh $T/run.sh "$uid" "$gid" "$groups" "$workdir" "$@"
