package gate

import (
	"context"
	"errors"
	"flag"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func listen(t *testing.T, address string) *net.TCPAddr {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().(*net.TCPAddr)
}

func TestIsClosedWhereNothingAnswers(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1", "192.0.2.1"} { // the last is of a network for documents: RFC 5737
		if err := Wait(context.Background(), host, 1, 5); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestFailsIfItStillAnswersInTheEnd(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		to := listen(t, address)
		begin := time.Now()
		err := Wait(context.Background(), to.IP.String(), to.Port, 1)
		if err == nil || !strings.HasPrefix(err.Error(), "network open: ") || time.Since(begin) < time.Second {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestWaitsUntilItCloses(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = listener.Close() })
	begin := time.Now()
	if err := Wait(context.Background(), "127.0.0.1", listener.Addr().(*net.TCPAddr).Port, 30); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took < 250*time.Millisecond || took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestWrongPlaces(t *testing.T) {
	for _, address := range []string{"localhost:1", "1.2.3.4", "1.2.3.4:70000", "1.2.3.4:x", ":1", "127.0.0.1:0", "127.0.0.1:-1"} {
		options := Options{Address: address, Seconds: 1}
		if err := options.Begin(context.Background())(); err == nil {
			t.Error(address)
		}
	}
	if err := (Options{}).Begin(context.Background())(); err != nil {
		t.Error(err)
	}
}

func TestFlags(t *testing.T) {
	var options Options
	flags := flag.NewFlagSet("x", flag.ContinueOnError)
	options.AddFlags(flags)
	if err := flags.Parse([]string{"--gate", "[::1]:443", "--gate-seconds", "7"}); err != nil || options != (Options{"[::1]:443", 7}) {
		t.Errorf("%+v, %v", options, err)
	}
}

// silentPlace drops what asks for a connection: its queue is full.
func silentPlace(t *testing.T) int {
	t.Helper()
	made := func() int {
		socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(socket) })
		return socket
	}
	server := made()
	if err := errors.Join(unix.Bind(server, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(server, 0)); err != nil {
		t.Fatal(err)
	}
	address, err := unix.Getsockname(server)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_ = unix.Connect(made(), address)
	}
	return address.(*unix.SockaddrInet4).Port
}

func TestAPlaceThatDoesNotAnswerIsClosedButOneSilenceIsNotEnough(t *testing.T) {
	port, begin := silentPlace(t), time.Now()
	if err := Wait(context.Background(), "127.0.0.1", port, 30); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took < patience*3/2 || took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestAMachineThatIsShortOfSomethingClosesNothing(t *testing.T) {
	to := listen(t, "127.0.0.1:0")
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	err := Wait(context.Background(), "127.0.0.1", to.Port, 1)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, unix.EMFILE) || !strings.Contains(err.Error(), "cannot see whether 127.0.0.1 port") {
		t.Error(err)
	}
}

func TestABusyMachineClosesNothing(t *testing.T) {
	to := listen(t, "127.0.0.1:0")
	stop := make(chan struct{})
	defer close(stop)
	for range 8 * runtime.NumCPU() {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
	}
	if err := Wait(context.Background(), "127.0.0.1", to.Port, 3); err == nil {
		t.Error("an open place counts as closed")
	}
}
