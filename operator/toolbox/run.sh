#!/.assay/toolbox/busybox sh
# run.sh UID GID GROUPS WORKDIR COMMAND...: init.sh after the switch of root. Runs the function as its child (as
# the first process of a pid namespace the function would ignore signals such as its own SIGTERM) and ends with it.
set -u
exec 8>&-
uid=$1 gid=$2 groups=$3
cd "$4" || { echo "the working directory $4 is gone, running in /" >&2; cd /; }
shift 4
unset OLDPWD
/.assay/toolbox/drop "$uid" "$gid" "$groups" "$@" &
wait $!
