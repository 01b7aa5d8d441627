// Package gate waits until a place that the pod may not reach can no longer be reached: its network policies stand then.
// Networks put them in force some time after the pod has begun (Kubernetes, "Network Policies", on the life cycle of
// pods).
package gate

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	// answer is how long a network may take: one that drops packets says nothing.
	answer = 250 * time.Millisecond
	pause  = 20 * time.Millisecond
)

// Wait returns when a TCP connection to the address can no longer be made. The error says that it still can be after
// the seconds.
func Wait(ctx context.Context, host string, port, seconds int) error {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return fmt.Errorf("the place that has to close: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	for answers(ctx, netip.AddrPortFrom(address, uint16(port))) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("network open: %s port %d, which network policies forbid, still answers after %d s; use a network "+
				"that enforces NetworkPolicies, or set settings.networkGateSeconds to 0 to run without", host, port, seconds)
		case <-time.After(pause):
		}
	}
	return nil
}

// answers reports whether something accepts a connection. The end of the whole wait does not end an attempt: that would
// look like silence.
func answers(ctx context.Context, to netip.AddrPort) bool {
	attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), answer)
	defer cancel()
	connection, err := new(net.Dialer).DialContext(attempt, "tcp", to.String())
	if err != nil {
		return false
	}
	if file, is := connection.(*net.TCPConn); is {
		_ = file.SetLinger(0) // nothing is left in the network's tables
	}
	_ = connection.Close()
	return true
}
