#!/.assay/toolbox/busybox sh
# place.sh MODE WORKDIR USER PATH...: the part of making a root that runs inside it, see lib.sh. Moves the mounts
# /.assay/mnt/0, 1, … to the given paths. Whatever it prints when it fails is the reason.
#   MODE=devbox: checks that USER and WORKDIR will do, while there is still a way to tell
#   MODE=scorer: /proc, /dev/shm and /dev/mqueue become those of the scorer's own namespaces
set -u
T=/.assay/toolbox
B=$T/busybox
mode=$1 workdir=$2 user=$3
shift 3

fail() { echo "$*"; exit 1; }

# The place may be missing (a new path), or something else by now (the agent's doing).
make_place() {
  if [ -d "$1" ]; then
    [ -d "$2" ] || $B rm -rf "$2"
    $B mkdir -p "$2"
  else
    [ ! -d "$2" ] || [ -L "$2" ] || $B rm -rf "$2"
    [ -e "$2" ] || $B rm -f "$2" # a symlink to nowhere
    [ -z "${2%/*}" ] || $B mkdir -p "${2%/*}"
    [ -e "$2" ] || true >"$2"
  fi
}

put() { make_place "$1" "$2" && $B mount -o move "$1" "$2" || fail "cannot mount $2 in the new root"; }

if [ "$mode" = scorer ]; then put /.assay/mnt/proc /proc; else $B umount /.assay/mnt/proc; fi
slot=0
for path; do
  put /.assay/mnt/$slot "$path"
  slot=$((slot + 1))
done
if [ "$mode" = scorer ]; then
  $B mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm || fail "cannot mount /dev/shm"
  [ ! -d /dev/mqueue ] || $B mount -t mqueue -o nosuid,nodev,noexec mqueue /dev/mqueue || fail "cannot mount /dev/mqueue"
fi
$B rm -rf /.assay/mnt
# With the source named, or busybox takes over the options it reads in /proc/mounts, host uids among them.
$B mount -t tmpfs -o remount,ro assay /.assay || fail "cannot make /.assay read-only"

if [ "$mode" = devbox ]; then
  # shellcheck source=who.sh
  . $T/who.sh
  who "$user" || fail "$why (the image's USER, or the one asked for)"
fi
[ -d "$workdir" ] || $B mkdir -p "$workdir" || [ "$mode" = scorer ] || fail "cannot create the working directory $workdir"
