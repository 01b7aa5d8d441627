#!/.assay/toolbox/busybox sh
# copydisk.sh USER[:GROUP] WORKDIR NAME...: init container of scorers in Copy mode, in the environment's image. Makes a
# copy of the agent's disk for each function NAME to write to, and notes beside it what that function's score.sh can not
# see once the copy covers the image:
#     /.assay/scratch/<name>/root           the copy
#     /.assay/scratch/<name>/user           uid, gid, groups and home of USER in the image
#     /.assay/scratch/<name>/disk           how full the volume is, in percent
#     /.assay/scratch/<name>/pristine.tar   the image's files at the paths in ASSAY_RESTORE (a line each, in WORKDIR)
set -u
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh
# shellcheck source=who.sh
. $T/who.sh
# shellcheck source=results.sh
. $T/results.sh
S=/.assay/scratch

die() {
  echo "assay-score: $*" >&2
  echo "assay-score: $*" >/dev/termination-log
  exit 125
}

[ $# -ge 3 ] || die "usage: copydisk.sh USER[:GROUP] WORKDIR NAME..."
who "$1" || die "$why of the image"
workdir=$2
shift 2
[ -d $D/root ] || die "there is no devbox's copy at $D/root"
percent=$(disk_percent)
umask 022
for name; do
  to=$S/$name
  $B mkdir -p "$to" && $B rm -rf "$to/root" && $B mkdir "$to/root" || die "cannot write to the scratch space $S"
  # shellcheck disable=SC2154 # set by who
  echo "$uid $gid $groups $home" >"$to/user" && echo "$percent" >"$to/disk" || die "cannot write to the scratch space $S"
  out=$($B sh $T/pristine.sh "$workdir" 2>&1 >"$to/pristine.tar") || die "cannot restore files of the image: $out"
  out=$($T/copytree $D/root "$to/root" 2>&1) || die "cannot copy the agent's disk: $(echo "$out" | $B tail -n 1)"
done
