#!/.assay/toolbox/busybox sh
# copy.sh DIRECTORY: copies the toolbox this script lies in, for the init container of pods on clusters without
# image volumes. Called as `/opt/assay/toolbox/busybox sh /opt/assay/toolbox/copy.sh /.assay/toolbox`.
set -eu
from=${0%/*}
umask 022 # readable and executable for every image's user
exec "$from/busybox" cp -R "$from/." "$1/"
