#!/.assay/toolbox/busybox sh
# boot.sh USER[:GROUP] WORKDIR COMMAND...: the first process of a devbox. Puts the disk over the image as one
# root file system and becomes COMMAND in it, as the image's user. Every change then lands on the disk alone.
# Before that the launch commands in /.assay/files/launch run, if there are any (launch.sh).
#   ASSAY_CLOSED             what has to be out of reach before COMMAND runs, see lib.sh
#   ASSAY_NESTED_USERNS=1    leave user namespaces open to the agent (sandboxes such as bubblewrap need them)
#   ASSAY_PIDS_MAX           see drop.c
# The operator gives us these as arguments of `environ aside`, as it does to all scripts that a pod runs.
# Our own failures end with exit code 125 and a line `assay-boot: …` in the termination message, which COMMAND
# cannot write: so the operator can tell them from whatever the agent does.
set -u
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh

die() { fail_boot "$@"; }

[ $# -ge 3 ] || die "usage: boot.sh USER[:GROUP] WORKDIR COMMAND..."
user=$1 workdir=${2:-/}
shift 2
watch_network
preflight
[ ! -e $D/root.complete ] || die "the disk $D was made in Copy mode: set rootFilesystem: Copy"
require_room
$B mkdir -p $D/upper $D/work || die "cannot write to the disk $D: is it mounted, not full and not read-only?"
if [ -e $D/.canary/planted ]; then check_canary; else plant_canary; fi
new_root / $D
stage /proc /sys /dev /etc/hosts /etc/hostname /etc/resolv.conf
# For `kubectl exec`, which would be root with SYS_ADMIN: knows who works where.
given() { $B env | $B sed -n 's/^\(ASSAY_[A-Za-z0-9_]*\)=.*/\1/p' | $B tr '\n' ' '; } # names of variables
quoted() { echo "'$(echo "$1" | $B sed "s/'/'\\\\''/g")'"; }
{
  echo "#!$B sh"
  echo "exec $T/environ aside HOME $(given)${ASSAY_PIDS_MAX:+ASSAY_PIDS_MAX=$ASSAY_PIDS_MAX} --" \
    "$B sh $T/shell.sh $(quoted "$user") $(quoted "$workdir") \"\$@\""
} >$N/.assay/shell && $B chmod 755 $N/.assay/shell || die "cannot write $N/.assay/shell"
place devbox "$workdir" "$user"
pass_network
# The overlay holds the volume by itself. In the namespace nothing shall lead to upper/ and work/, not even for
# `kubectl exec`, which is uid 0 with SYS_ADMIN.
$B umount -l $D 2>/dev/null || :
[ -e /.assay/files/launch ] || switch_root $B sh $T/enter.sh "$user" "$workdir" "$@"
exec 9>>/dev/termination-log # out of reach in the new root
switch_root $B sh $T/launch.sh "$user" "$workdir" "$@"
