package bench

import (
	"testing"
	"time"
)

func TestScheduleIsEven(t *testing.T) {
	s := schedule{rate: 2000}
	for elapsed, want := range map[time.Duration]int{
		0: 0, 499 * time.Microsecond: 0, 500 * time.Microsecond: 1, time.Second: 2000, 90 * time.Second: 180_000,
	} {
		if got := s.due(elapsed); got != want {
			t.Errorf("after %v %d requests are due, want %d", elapsed, got, want)
		}
	}
}

// A paced load takes as long as its rate says and loses nothing.
func TestRunPaced(t *testing.T) {
	plain := startPlain(t)
	clients, err := Dial(t.Context(), 3, 10*time.Second, plain.addrs["binary"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = clients.Close() }()
	result, err := clients.RunPaced(Load{Messages: 300, Size: requestSize}, 3000)
	if err != nil || result.Messages != 300 || result.Elapsed < 100*time.Millisecond || result.Quantile(1) == 0 {
		t.Errorf("%d answers in %v, %v at most, error %v", result.Messages, result.Elapsed, result.Quantile(1), err)
	}
}

func TestDatagrams(t *testing.T) {
	addr := startPlain(t).addrs["udp"]
	if err := WaitAnswering(t.Context(), addr); err != nil {
		t.Fatal(err)
	}
	sockets, err := Listen(2, 10*time.Second, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sockets.Close() }()
	result, err := sockets.Run(Load{Messages: 100, InFlight: 4, Size: requestSize})
	if err != nil || result.Messages != 100 {
		t.Errorf("%d answers, error %v", result.Messages, err)
	}
}

func TestConnect(t *testing.T) {
	result, err := Connect(t.Context(), startPlain(t).addrs["binary"], 20, requestSize, 10*time.Second)
	if err != nil || result.Messages != 20 {
		t.Errorf("%d connections, error %v", result.Messages, err)
	}
}
