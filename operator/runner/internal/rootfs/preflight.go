package rootfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"assay.dev/runner/internal/mount"
	"assay.dev/runner/internal/paths"
)

// wholeRange is the size of the host's own id map.
const wholeRange = "4294967295"

// Preflight checks what mounts need: a cure beats the errno of a mount later on. It makes the place for the new root.
func Preflight() error {
	ids, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return err
	}
	if fields := strings.Fields(string(ids)); len(fields) == 3 && fields[2] == wholeRange {
		return errors.New("the pod shares the host's user namespace: set hostUsers: false (Kubernetes >= 1.33, " +
			"containerd >= 2.0 or CRI-O)")
	}
	if file, err := os.OpenFile(filepath.Join(paths.Toolbox(), ".writable"), os.O_WRONLY|os.O_CREATE, 0o600); err == nil {
		_ = file.Close()
		return fmt.Errorf("%s is writable: mount the toolbox with readOnly: true", paths.Toolbox())
	}
	if err := os.MkdirAll(paths.Root(), 0o755); err != nil {
		return fmt.Errorf("cannot create %s: the container's root must be writable (readOnlyRootFilesystem: false) "+
			"and run as uid 0: %w", paths.Root(), err)
	}
	return nil
}

// nodeFiles are the kubelet's files for a pod, which lie on the node: whoever can write them fills its disk.
var nodeFiles = []string{"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}

// nodeFilesSize bounds what the pod can make of them.
const nodeFilesSize = "1m"

// CopyNodeFiles takes copies of the kubelet's files along, in memory: the devbox may change them, the node's stay.
func (r *Root) CopyNodeFiles() error {
	at := r.inside(paths.Of("node"))
	if err := os.Mkdir(at, 0o755); err != nil {
		return err
	}
	if err := mount.Tmpfs(at, "mode=755,size="+nodeFilesSize, unix.MS_NOSUID|unix.MS_NODEV); err != nil {
		return err
	}
	for _, path := range nodeFiles {
		data, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		file := filepath.Join(at, filepath.Base(path))
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
		slot, err := r.slot(path, false)
		if err != nil {
			return err
		}
		if err := mount.Bind(file, slot); err != nil {
			return err
		}
	}
	if err := mount.Detach(at); err != nil {
		return err
	}
	return os.Remove(at)
}
