#!/.assay/toolbox/busybox sh
# enter.sh USER[:GROUP] WORKDIR COMMAND...: in a running devbox, becomes COMMAND as that user without the
# capabilities the boot needed. The last step of boot.sh, and the wrapper for every `kubectl exec`.
set -u
T=/.assay/toolbox
B=$T/busybox
# shellcheck source=who.sh
. $T/who.sh

[ $# -ge 3 ] || { echo "assay-enter: usage: enter.sh USER[:GROUP] WORKDIR COMMAND..." >&2; exit 125; }
who "$1" || { echo "assay-enter: $why" >&2; exit 125; }
workdir=${2:-/}
shift 2
[ -d "$workdir" ] || $B mkdir -p "$workdir"
cd "$workdir" || { echo "assay-enter: cannot enter the working directory $workdir" >&2; exit 125; }
set_home
exec $T/drop "$uid" "$gid" "$groups" $T/environ back HOME PWD SHELL -- "$@"
