#!/.assay/toolbox/busybox sh
# run.sh UID GID GROUPS WORKDIR COMMAND...: in the function's root, the last step before it: puts the tests in place and
# runs the function. In a pid namespace as its first process, which ends with the function; COMMAND is a child of it (as
# the first process it would ignore signals such as its own SIGTERM).
#   fd 8: our own failures    fd 9: an archive of what is to be restored
set -u
T=/.assay/toolbox
B=$T/busybox
uid=$1 gid=$2 groups=$3 workdir=$4
shift 4
# Our scripts and others' need a place for temporary files, which bare images lack; it is this function's alone.
[ -e /tmp ] || [ -L /tmp ] || $B mkdir -m 1777 /tmp 2>/dev/null || :
out=$($B sh $T/tests.sh "$workdir" "$uid:$gid" 2>&1 <&9) || { echo "cannot write the tests: $(echo "$out" | $B tail -n 1)" >&8; exit 125; }
# The tests are in place; where they came from is nobody's business.
[ "${ASSAY_ROOTFS:-}" = Copy ] || [ ! -d /.assay/tests ] || $B umount /.assay/tests || { echo "cannot unmount /.assay/tests" >&8; exit 125; }
exec 8>&- 9<&-
# Python and others import what lies where they start, so that a function with a root of its own never starts in the agent's.
cd "$workdir" 2>/dev/null || { [ "${ASSAY_ROOT:-}" = Clean ] || echo "the working directory $workdir is gone, running in /" >&2; cd /; }
case $ASSAY_DEVBOX$(pwd -P)/ in /devbox/devbox/*) cd / ;; esac
$T/drop "$uid" "$gid" "$groups" $T/environ back HOME PWD ASSAY_DEVBOX ASSAY_DEVBOX_WORKDIR ASSAY_RESULTS -- "$@" &
wait $!
