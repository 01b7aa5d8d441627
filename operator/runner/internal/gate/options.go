package gate

import (
	"context"
	"flag"
	"fmt"
	"net"
	"strconv"
)

// Options say which place has to close, and how long that may take.
type Options struct {
	Address string // host:port, the host a number; "": nothing is waited for
	Seconds int
}

// AddFlags adds --gate and --gate-seconds.
func (o *Options) AddFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.Address, "gate", "", "address:port that must be out of reach before anything of others runs")
	flags.IntVar(&o.Seconds, "gate-seconds", 60, "how long that may take")
}

// Begin waits beside our own work, which takes time as well. What it returns ends the waiting.
func (o Options) Begin(ctx context.Context) func() error {
	if o.Address == "" {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- o.wait(ctx) }()
	return func() error { return <-done }
}

func (o Options) wait(ctx context.Context) error {
	host, text, err := net.SplitHostPort(o.Address)
	if err != nil {
		return fmt.Errorf("--gate: %w", err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("--gate: %w", err)
	}
	if port == 0 { // never in use, so it would always look closed
		return fmt.Errorf("--gate: there is no port 0: %s", o.Address)
	}
	return Wait(ctx, host, int(port), o.Seconds)
}
