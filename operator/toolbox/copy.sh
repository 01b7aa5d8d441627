#!/.assay/toolbox/busybox sh
# copy.sh DIRECTORY: copies the toolbox this script lies in, for the init container of pods on clusters without
# image volumes. Called as `/opt/assay/toolbox/busybox sh /opt/assay/toolbox/copy.sh /.assay/toolbox`.
#   ASSAY_CLOSED    what has to be out of reach before the pod's other containers run, see lib.sh
set -eu
from=${0%/*}
umask 022 # readable and executable for every image's user
"$from/busybox" cp -R "$from/." "$1/"
[ -n "${ASSAY_CLOSED:-}" ] || exit 0
# shellcheck source=lib.sh
. /.assay/toolbox/lib.sh
die() { fail_boot "$@"; }
watch_network
pass_network
