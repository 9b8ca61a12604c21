package main

import (
	"testing"
	"time"
)

func TestEachRequestOfAConstantRateIsDueAtItsTime(t *testing.T) {
	p := newConstantRate(2, 1000, 4)
	for request := range int64(4) {
		due := time.Duration(request) * time.Millisecond
		if request > 0 {
			if client, wait := p.turn(due-time.Microsecond, 0); client != nobody || wait != time.Microsecond {
				t.Fatalf("request %d comes early: client %d, wait %v", request, client, wait)
			}
		}
		client, _ := p.turn(due, 0)
		if client != int(request%2) {
			t.Fatalf("request %d is that of client %d", request, client)
		}
		if since, ok := p.take(client, due); !ok || since != due {
			t.Fatalf("request %d counts from %v, %v", request, since, ok)
		}
	}
	if client, wait := p.turn(time.Hour, 0); client != nobody || wait != forever {
		t.Fatalf("there is one more: client %d, wait %v", client, wait)
	}
}

func TestWhatIsLateCountsFromWhenItWasDue(t *testing.T) {
	p := newConstantRate(1, 1000, 10)
	now := 5 * time.Millisecond
	for range 6 {
		if client, _ := p.turn(now, 0); client != 0 {
			t.Fatal("nobody's turn, though it is time")
		}
	}
	for request := range 6 {
		since, ok := p.take(0, now)
		if due := time.Duration(request) * time.Millisecond; !ok || since != due {
			t.Fatalf("request %d counts from %v, %v", request, since, ok)
		}
	}
	if _, ok := p.take(0, now); ok {
		t.Fatal("it asks before it is time")
	}
}

func TestAConstantRateHasSoManyRequestsAsItSays(t *testing.T) {
	job := Job{Connections: 7, Rate: 333, DurationMs: 1500}
	p := job.plan()
	taken := 0
	for now := time.Duration(0); now < 2*time.Second; now += time.Millisecond {
		for client, _ := p.turn(now, 0); client != nobody; client, _ = p.turn(now, 0) {
			if _, ok := p.take(client, now); ok {
				taken++
			}
		}
	}
	if taken != 500 {
		t.Fatalf("%d requests in place of 500", taken)
	}
}

func TestAClosedLoopAsksUntilItsEnd(t *testing.T) {
	byTime := (&Job{Connections: 1, DurationMs: 10}).plan()
	if _, ok := byTime.take(0, 10*time.Millisecond-1); !ok {
		t.Error("it ends early")
	}
	if _, ok := byTime.take(0, 10*time.Millisecond); ok {
		t.Error("it does not end by time")
	}
	byCount := (&Job{Connections: 2, Requests: 3}).plan()
	taken := 0
	for client := range 10 {
		if _, ok := byCount.take(client%2, time.Hour); ok {
			taken++
		}
	}
	if taken != 3 {
		t.Errorf("%d requests in place of 3", taken)
	}
}
