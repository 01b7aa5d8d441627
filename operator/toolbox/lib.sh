#!/.assay/toolbox/busybox sh
# Sourced by boot.sh, prepare.sh and init.sh, which define die(): a root file system made of the image and a disk.
# Only busybox (static) runs here, by its full path: nothing of the image is needed or trusted.
T=/.assay/toolbox
B=$T/busybox
D=/.assay/disk # the devbox's volume: upper/ is what was changed, work/ is overlayfs' own, .canary/ see below
N=/.assay/root # where the new root is put together
STAGE=$N/.assay/mnt
staged= # the mounts waiting in $STAGE/0, 1, … to be moved to these paths

# fail_boot MESSAGE...: the end of boot.sh and prepare.sh, in a way the operator can tell from what the agent does.
fail_boot() {
  local message="$*"
  case $message in
    *"No space left on device"* | *"quota exceeded"*) message="disk full: raise the disk's size (disk.size): $message" ;;
  esac
  echo "assay-boot: $message" >&2
  echo "assay-boot: $message" 2>/dev/null >/dev/termination-log || :
  exit 125
}

# require_room: on a full disk overlayfs mounts read-only, without a word.
require_room() {
  local out
  out=$($B dd if=/dev/zero of=$D/.room bs=4096 count=16 2>&1) || {
    $B rm -f $D/.room
    die "cannot write to the disk $D: is it mounted, not full and not read-only? $(echo "$out" | $B head -n 1)"
  }
  $B rm -f $D/.room
}

# overlay LOWER UPPERBASE TARGET [OPTION]. userxattr: the only form a user namespace may use, without it `rm -rf` of an
# image directory fails. index=off, xino=off: an upper must work again after being copied or restored.
overlay() {
  $B mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work,userxattr,index=off,xino=off${4:+,$4}" "$3" 2>&1
}

# watch_network, pass_network: before anything of the user's runs, a place that the pod may not reach must have closed.
# That takes the network's time, so it goes on beside our own work. ASSAY_CLOSED: the arguments of `closed`.
watch_network() {
  watcher=
  [ -z "${ASSAY_CLOSED:-}" ] || { $T/closed $ASSAY_CLOSED & watcher=$!; }
}

pass_network() { [ -z "$watcher" ] || wait "$watcher" || die "$(network_open)"; }

network_open() {
  set -- $ASSAY_CLOSED
  echo "network open: $1 port $2, which network policies forbid, still answers after $3 s; use a network that enforces" \
    "NetworkPolicies, or set settings.networkGateSeconds to 0 to run without"
}

# Checks with a cure beat the errno of a mount call later on.
preflight() {
  local size
  read -r _ _ size </proc/self/uid_map
  [ "$size" != 4294967295 ] ||
    die "the pod shares the host's user namespace: set hostUsers: false (Kubernetes >= 1.33, containerd >= 2.0 or CRI-O)"
  # Not `[ -w ]`, which is always true for uid 0; not `: >`, where a failed redirection ends the shell.
  ! true 2>/dev/null >$T/.writable || die "$T is writable: mount the toolbox with readOnly: true"
  $B mkdir -p $N || die "cannot create $N: the container's root must be writable (readOnlyRootFilesystem: false) and run as uid 0"
}

NEEDS="needs CAP_SYS_ADMIN in the pod's user namespace, AppArmor Unconfined, kernel >= 6.3 and a file system with user xattrs and d_type: ext4, xfs, btrfs or tmpfs; not NFS, not FUSE"

# The canary: a deleted and re-created directory, i.e. an xattr ("opaque") on the volume. Some snapshot drivers
# drop xattrs; every file the agent deleted in such a directory would come back, and scores would be wrong.
plant_canary() {
  local c=$D/.canary out
  $B mkdir -p $c/lower/d $c/upper $c/work && true >$c/lower/d/gone || die "cannot write to the disk $D: is it full or read-only?"
  # volatile: leaving an overlay flushes the whole file system under its upper, which others write to as well.
  out=$(overlay $c/lower $c $N volatile) || die "cannot mount overlayfs on the disk $D: $out ($NEEDS)"
  $B rm -rf $N/d && $B mkdir $N/d || die "overlayfs does not work on the disk $D: cannot replace a directory ($NEEDS)"
  $B umount $N && true >$c/planted || die "cannot write to the disk $D: is it full?"
}

check_canary() {
  local c=$D/.canary out
  [ -e $c/planted ] || die "the disk $D was never booted as a devbox: there is no $c"
  out=$($B mount -t overlay overlay -o "lowerdir=$c/upper:$c/lower,userxattr" $N 2>&1) ||
    die "cannot mount overlayfs from the disk $D: $out ($NEEDS)"
  if [ -e $N/d/gone ]; then
    $B umount $N
    die "the disk $D lost its extended attributes, so files deleted in the devbox would come back:" \
      "the snapshot driver does not keep xattrs (CSI hostpath: set TAR_OPTIONS='--xattrs --xattrs-include=*' in its driver container)"
  fi
  $B umount $N
}

# new_root LOWER UPPERBASE [OPTION]: mounts the new root at $N. Its /.assay is a tmpfs of its own, which hides the disk,
# the scratch space and $N itself, and holds the toolbox, the files and the stage for the mounts to carry over.
new_root() {
  local out dir
  out=$(overlay "$1" "$2" $N "${3:-}") || die "cannot mount the root file system: $out ($NEEDS)"
  if [ -L $N/.assay ] || [ ! -d $N/.assay ]; then $B rm -rf $N/.assay && $B mkdir $N/.assay; fi
  $B mount -t tmpfs -o mode=755,size=1m assay $N/.assay && $B mkdir $STAGE || die "cannot mount a tmpfs on $N/.assay"
  for dir in $T /.assay/files; do
    [ ! -d $dir ] || { $B mkdir "$N$dir" && $B mount -o rbind $dir "$N$dir"; } || die "cannot bind $dir into the new root"
  done
  # The seccomp profile of a container with SYS_ADMIN lets everyone in it call unshare(CLONE_NEWUSER), agents
  # included, and in a namespace of their own they are root over a large piece of the kernel. The limit is this
  # pod's alone; it can only be written in a proc of our own, the container's /proc/sys is read-only.
  $B mkdir $STAGE/proc && $B mount -t proc proc $STAGE/proc || die "cannot mount proc ($NEEDS)"
  [ "${ASSAY_NESTED_USERNS:-}" = 1 ] || echo 0 >$STAGE/proc/sys/user/max_user_namespaces ||
    die "cannot close nested user namespaces: add CAP_SYS_RESOURCE, or set settings.nestedUserNamespaces to leave them open"
}

# stage PATH...: binds what exists of these into the stage. An allow-list: the disk, the scratch space and the
# anonymous volumes of an image's VOLUME directories stay behind.
stage() {
  local path slot
  for path; do
    [ -e "$path" ] || continue
    slot=$STAGE/$(set -- $staged; echo $#)
    if [ -d "$path" ]; then $B mkdir "$slot"; else true >"$slot"; fi
    $B mount -o rbind "$path" "$slot" || die "cannot bind $path into the new root"
    # Whoever can write the termination message speaks for us.
    [ "$path" != /dev ] || $B umount "$slot/termination-log" 2>/dev/null || :
    staged="$staged $path"
  done
}

# place MODE WORKDIR USER: moves the staged mounts to their places, with the new root as /: a symlink that the
# agent left cannot lead a mount out of it.
place() {
  local out
  out=$($B chroot $N $B sh $T/place.sh "$@" $staged 2>&1) || die "$out"
}

# switch_root COMMAND...: what pivot_root does, which the RuntimeDefault seccomp profile forbids. The old root is
# covered, not left: what it must not show has to be unmounted before.
switch_root() {
  cd $N && $B mount -o move . / || die "cannot move the new root to /"
  exec $B chroot . "$@"
}
