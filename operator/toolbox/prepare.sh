#!/.assay/toolbox/busybox sh
# prepare.sh: the command of the pod that makes a disk for Copy mode. Copies the directories at the top of the image to
# root/ on the disk, from where the devbox's pod mounts them over the image's; once, root.complete says it is done.
# Runs as uid 0 with what the runtime grants by default. Termination message, with the names of what is in root/:
#     assay-prepare: <directory> <directory> ...
# Our own failures end with exit code 125 and the message `assay-boot: …`, as in boot.sh.
set -u
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh
MOST=3000 # bytes of names; the kubelet cuts messages at 4096

die() { fail_boot "$@"; }

is_mount() { $B awk -v p="$1" '$5 == p { found = 1 } END { exit !found }' /proc/self/mountinfo; }

# directories: the names of those to copy. Links such as /bin -> usr/bin stay in the image.
directories() {
  local path name
  for path in /* /.[!.]*; do
    name=${path#/}
    [ -d "$path" ] && [ ! -L "$path" ] || continue
    case $name in
      proc | sys | dev | .assay) ;;
      *[!A-Za-z0-9._+-]*) echo "assay-prepare: $path stays in the image: a name with other characters" >&2 ;;
      *) if is_mount "$path"; then echo "assay-prepare: $path is a mount" >&2; else echo "$name"; fi ;;
    esac
  done
}

copy() {
  local name out
  for name in $(directories); do
    # The last line says why it failed; what was left out comes before.
    out=$($T/copytree "/$name" "$D/root/$name" 2>&1) || die "cannot copy the image's /$name to the disk: $(echo "$out" | $B tail -n 1)"
    [ -z "$out" ] || echo "$out" >&2
  done
}

[ ! -e $D/upper ] || die "the disk $D was made in Overlay mode: set rootFilesystem: Overlay"
if [ ! -e $D/root.complete ]; then
  require_room
  $B mkdir -p $D/root || die "cannot write to the disk $D"
  copy
  # The mark must not outlive a crash of the node that the files do not.
  out=$($B sync -f $D/root 2>&1 && $B touch $D/root.complete 2>&1) || die "cannot write to the disk $D: $out"
fi
names=$(cd $D/root && $B find . -mindepth 1 -maxdepth 1 -type d | $B sed 's|^\./||' | $B grep -x '[A-Za-z0-9._+-]*' | LC_ALL=C $B sort | $B tr '\n' ' ')
[ -n "$names" ] || die "there is nothing in $D/root: the image has no directories, or the disk lost them"
[ ${#names} -le $MOST ] || die "the image has too many directories at its top for Copy mode: ${#names} bytes of names, at most $MOST"
echo "assay-prepare: ${names% }" | $B tee /dev/termination-log
