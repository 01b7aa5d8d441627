# Run over the root file system $1 of the kind node: the clean-up kind's own image build does, so that systemd
# starts nothing a container has no use for.
root=$1
rm -f "$root"/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service \
  "$root"/lib/systemd/system/multi-user.target.wants/* \
  "$root"/etc/systemd/system/*.wants/* \
  "$root"/lib/systemd/system/local-fs.target.wants/* \
  "$root"/lib/systemd/system/sockets.target.wants/*udev* \
  "$root"/lib/systemd/system/sockets.target.wants/*initctl* \
  "$root"/lib/systemd/system/basic.target.wants/*
mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/kubernetes/manifests"
printf '[Journal]\nReadKMsg=no\n' > "$root/etc/systemd/journald.conf.d/kind.conf"
# systemd-binfmt registers with the host's kernel, not the container's.
ln -sf /dev/null "$root/etc/systemd/system/systemd-binfmt.service"
ln -sf /usr/lib/systemd/systemd "$root/sbin/init"
