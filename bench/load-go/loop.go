package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// Large enough for whole answers: one read each.
const readBufferBytes = 64 << 10

// How long an answer may take: a server that never answers must not keep a run from its end.
const answerTimeout = 10 * time.Second

// How often it is looked for answers that take too long, as a part of that time.
const expiryParts = 10

var (
	errTimeout   = errors.New("no answer in time")
	errUnasked   = errors.New("there is more than the answer that was asked for")
	errEarly     = errors.New("the answer came before all of the request was sent")
	errIdleEnded = errors.New("an idle connection was ended by the server")
)

// loop does a job: one thread that never waits but for the poller. What is sent is made once, what is read goes through one
// buffer, and nothing is allocated for a request.
type loop struct {
	job   Job
	texts [][]byte
	// How many requests of this job and those before it were begun: whose turn it is of the texts.
	turn   int
	server *syscall.SockaddrInet4
	poller *poller
	// First those that ask, then those that stay idle.
	clients []client
	plan    plan
	buffer  [readBufferBytes]byte
	// How many await an answer.
	busy  int
	start time.Time
	// As of the last event, from the start.
	now           time.Duration
	expires       time.Duration
	answerTimeout time.Duration
	// Why the server is given up; nil while it is not.
	lost error

	latencies histogram
	requests  int64
	errors    int64
	bytes     int64
	first     error
}

// newLoop begins with the text whose turn it is.
func newLoop(job Job, turn int) (*loop, error) {
	if err := job.check(); err != nil {
		return nil, err
	}
	address, err := net.ResolveTCPAddr("tcp4", job.URL)
	if err != nil {
		return nil, err
	}
	poller, err := newPoller()
	if err != nil {
		return nil, err
	}
	l := &loop{
		job:           job,
		texts:         job.texts(),
		turn:          turn,
		server:        &syscall.SockaddrInet4{Port: address.Port, Addr: [4]byte(address.IP.To4())},
		poller:        poller,
		clients:       make([]client, job.Connections+job.Idle),
		answerTimeout: answerTimeout,
	}
	for number := range l.clients {
		l.clients[number].number = number
	}
	return l, nil
}

// warmUp opens all connections, and lets each ask once. Only the errors count.
func (l *loop) warmUp() error {
	err := l.follow(&once{clients: len(l.clients)})
	l.requests, l.bytes, l.latencies = 0, 0, histogram{}
	return err
}

func (l *loop) measure() (Result, error) {
	if err := l.follow(l.job.plan()); err != nil {
		return Result{}, err
	}
	result := Result{
		Requests:  l.requests,
		Errors:    l.errors,
		Seconds:   time.Since(l.start).Seconds(),
		Bytes:     l.bytes,
		LatencyUs: l.latencies.quantiles(),
	}
	if l.first != nil {
		result.FirstError = l.first.Error()
	}
	return result, nil
}

// follow starts the clock, and ends when the plan has, and all are answered; or when the server is lost.
func (l *loop) follow(plan plan) error {
	expiryPeriod := l.answerTimeout / expiryParts
	l.plan, l.start, l.expires = plan, time.Now(), expiryPeriod
	for {
		wait := l.serveTurns()
		if l.lost != nil {
			return fmt.Errorf("%s is given up after %d answers: %w", l.job.URL, l.latencies.total, l.lost)
		}
		if l.busy == 0 && wait == forever {
			return nil
		}
		events, err := l.poller.wait(min(wait, expiryPeriod))
		if err != nil {
			return err
		}
		l.tick()
		for index := range events {
			c := &l.clients[events[index].Fd]
			l.handle(c, events[index].Events)
			l.serve(c)
		}
		if l.now >= l.expires {
			l.expires = l.now + expiryPeriod
			l.expire()
		}
	}
}

func (l *loop) tick() {
	l.now = time.Since(l.start)
}

// serveTurns serves all whose turn has come, and tells when the next one's comes.
func (l *loop) serveTurns() time.Duration {
	for {
		l.tick()
		number, wait := l.plan.turn(l.now, l.busy)
		if number == nobody {
			return wait
		}
		l.serve(&l.clients[number])
	}
}

// serve lets a client ask, when it is free and has to. An attempt may fail at once.
func (l *loop) serve(c *client) {
	for c.isFree() && l.lost == nil {
		since, ok := l.plan.take(c.number, l.now)
		if !ok {
			return
		}
		c.since, c.asked, c.sent = since, l.now, 0
		c.reader.reset()
		l.busy++
		if err := l.ask(c); err != nil {
			l.finish(c, err)
		}
	}
}

func (l *loop) ask(c *client) error {
	if c.state == closed {
		return c.connect(l.server, l.poller)
	}
	c.state = asking
	c.text = l.texts[l.turn%len(l.texts)]
	l.turn++
	return c.send(l.poller)
}

func (l *loop) handle(c *client, events uint32) {
	var err error
	switch {
	case c.state == connecting:
		if err = c.connected(); err == nil {
			err = l.ask(c)
		}
	case events == syscall.EPOLLOUT:
		err = c.send(l.poller)
	default:
		l.receive(c)
	}
	if err != nil {
		l.finish(c, err)
	}
}

func (l *loop) receive(c *client) {
	count, err := syscall.Read(c.fd, l.buffer[:])
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return
	case c.state == resting:
		l.endResting(c, count)
	case err != nil:
		l.finish(c, err)
	case count == 0:
		l.finish(c, c.reader.end())
	default:
		l.read(c, l.buffer[:count])
	}
}

func (l *loop) read(c *client, data []byte) {
	rest, err := c.reader.read(data)
	switch {
	case err != nil:
		l.finish(c, err)
	case !c.reader.isDone():
	case len(rest) > 0:
		l.finish(c, errUnasked)
	case c.sent < len(c.text):
		l.finish(c, errEarly)
	default:
		l.finish(c, nil)
	}
}

// finish counts what came of a request: an answer, right or not, or an error that the connection does not outlive. A server
// that cannot be connected to, or does not answer, is lost: all that is still to come would only fail too.
func (l *loop) finish(c *client, err error) {
	l.tick()
	if err == errTimeout || (err != nil && c.state != asking) {
		l.lost = err
	}
	l.busy--
	l.requests++
	got := c.reader.answer
	l.bytes += got.bytes
	if err != nil || got.closes {
		c.close()
	} else {
		c.state = resting
	}
	if err == nil {
		l.latencies.add(int64(l.now - c.since))
		err = l.job.Expect.check(got)
	}
	if err == nil && got.closes && l.isIdle(c) {
		err = errIdleEnded
	}
	if err != nil {
		l.fail(err)
	}
}

// endResting ends a connection over which nothing was to come. One that asks again is opened again.
func (l *loop) endResting(c *client, received int) {
	c.close()
	if received > 0 {
		l.fail(errUnasked)
	} else if l.isIdle(c) {
		l.fail(errIdleEnded)
	}
}

func (l *loop) isIdle(c *client) bool {
	return c.number >= l.job.Connections
}

func (l *loop) fail(err error) {
	l.errors++
	if l.first == nil {
		l.first = err
	}
}

// expire ends what takes too long.
func (l *loop) expire() {
	for index := range l.clients {
		c := &l.clients[index]
		if !c.isFree() && l.now-c.asked > l.answerTimeout {
			l.finish(c, errTimeout)
		}
	}
}

func (l *loop) close() {
	for index := range l.clients {
		l.clients[index].close()
	}
	_ = syscall.Close(l.poller.fd)
}
