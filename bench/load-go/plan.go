package main

import (
	"math"
	"time"
)

// How many connections open at once before the clock starts: a server whose queue of new ones is full drops them, and each
// that is dropped takes a second longer.
const opening = 128

const (
	nobody  = -1
	forever = time.Duration(math.MaxInt64)
)

// plan tells who asks when. Times count from the start of the clock.
type plan interface {
	// turn tells whose turn it is now, or how long nobody's will come. Busy is how many await an answer.
	turn(now time.Duration, busy int) (client int, wait time.Duration)
	// take tells whether a client that is free has to ask now, and from when the latency counts.
	take(client int, now time.Duration) (since time.Duration, ok bool)
}

// once lets each ask one time.
type once struct {
	clients int
	next    int
	taken   int
}

func (p *once) turn(_ time.Duration, busy int) (int, time.Duration) {
	if p.next == p.clients || busy >= opening {
		return nobody, forever
	}
	p.next++
	return p.next - 1, 0
}

func (p *once) take(client int, now time.Duration) (time.Duration, bool) {
	if client != p.taken {
		return 0, false
	}
	p.taken++
	return now, true
}

// closedLoop lets each ask as soon as it is answered, for some time or so often.
type closedLoop struct {
	clients  int
	next     int
	duration time.Duration
	// Whether answers are counted, or time.
	counts bool
	left   int64
}

func (p *closedLoop) turn(time.Duration, int) (int, time.Duration) {
	if p.next == p.clients {
		return nobody, forever
	}
	p.next++
	return p.next - 1, 0
}

func (p *closedLoop) take(_ int, now time.Duration) (time.Duration, bool) {
	if !p.counts {
		return now, now < p.duration
	}
	p.left--
	return now, p.left >= 0
}

// constantRate lets them ask at times that are fixed: request k is due at k / rate, and is that of client k modulo clients.
// Each so has a schedule of its own at rate / clients, and one that is late asks as soon as it is answered.
type constantRate struct {
	rate  float64
	total int64
	// The first request whose time has not come.
	next int64
	// The next of each client.
	own []int64
}

func newConstantRate(clients int, rate float64, total int64) *constantRate {
	p := &constantRate{rate: rate, total: total, own: make([]int64, clients)}
	for client := range p.own {
		p.own[client] = int64(client)
	}
	return p
}

// due is counted from the start and not from the request before, whose error would add up.
func (p *constantRate) due(request int64) time.Duration {
	return time.Duration(float64(request) / p.rate * float64(time.Second))
}

func (p *constantRate) turn(now time.Duration, _ int) (int, time.Duration) {
	if p.next == p.total {
		return nobody, forever
	}
	if wait := p.due(p.next) - now; wait > 0 {
		return nobody, wait
	}
	p.next++
	return int((p.next - 1) % int64(len(p.own))), 0
}

func (p *constantRate) take(client int, _ time.Duration) (time.Duration, bool) {
	request := p.own[client]
	if request >= p.next {
		return 0, false
	}
	p.own[client] += int64(len(p.own))
	return p.due(request), true
}
