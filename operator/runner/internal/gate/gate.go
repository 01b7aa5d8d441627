// Package gate waits until a place that the pod may not reach can no longer be reached: its network policies stand then.
// Networks put them in force some time after the pod has begun (Kubernetes, "Network Policies", on the life cycle of
// pods).
package gate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// patience is how long a place that is in reach may take to answer.
	patience = 250 * time.Millisecond
	// silences in a row mean that it is out of reach: a network that drops packets refuses nothing, and one that is busy
	// may be silent once.
	silences = 2
	pause    = 20 * time.Millisecond
)

// answer is what a place does if one knocks.
type answer int

const (
	open answer = iota
	refused
	silent
)

// shortages are errors of this machine, which say nothing of the place.
var shortages = []error{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM}

// Wait returns when a TCP connection to the address can no longer be made. The error says that it still can be after
// the seconds, or why that is not known.
func Wait(ctx context.Context, host string, port, seconds int) error {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return fmt.Errorf("the place that has to close: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	for silence := 0; ; {
		answer, err := knock(netip.AddrPortFrom(address, uint16(port)))
		if err != nil {
			return fmt.Errorf("cannot see whether %s port %d is out of reach: %w", host, port, err)
		}
		switch answer {
		case refused:
			return nil
		case silent:
			if silence++; silence == silences {
				return nil
			}
			continue
		case open:
			silence = 0
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("network open: %s port %d, which network policies forbid, still answers after %d s; use a network that "+
				"enforces NetworkPolicies, or set settings.networkGateSeconds to 0 to run without", host, port, seconds)
		case <-time.After(pause):
		}
	}
}

// knock tries once. It asks the kernel, not the clock, whether there was an answer in time: on a busy machine this process
// may sleep for longer than its patience while the answer is there.
func knock(to netip.AddrPort) (answer, error) {
	family := unix.AF_INET6
	var address unix.Sockaddr = &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	if host := to.Addr().Unmap(); host.Is4() {
		family, address = unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: host.As4()}
	}
	socket, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return refusedUnlessShort(err) // no such protocol here: no one gets there by it
	}
	defer func() { _ = unix.Close(socket) }()
	if err := unix.Connect(socket, address); err == nil {
		return open, nil
	} else if !errors.Is(err, unix.EINPROGRESS) {
		return refusedUnlessShort(err)
	}
	ready := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}
	for end := time.Now().Add(patience); ; {
		n, err := unix.Poll(ready, int(max(time.Until(end), 0)/time.Millisecond))
		if errors.Is(err, unix.EINTR) {
			continue // Go's runtime interrupts its threads
		}
		if err != nil {
			return silent, err
		}
		if n == 0 {
			return silent, nil
		}
		break
	}
	failed, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return silent, err
	}
	if failed != 0 {
		return refused, nil
	}
	return open, nil
}

func refusedUnlessShort(err error) (answer, error) {
	for _, shortage := range shortages {
		if errors.Is(err, shortage) {
			return silent, err
		}
	}
	return refused, nil
}
