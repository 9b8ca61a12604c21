package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Large enough for whole answers: one read each.
const readBufferBytes = 64 << 10

// How many connections one address can have to another: the ports that are left for it.
const connectionsPerAddress = 20_000

// worker is one connection and what came over it.
type worker struct {
	job     *Job
	number  int
	request []byte
	conn    net.Conn
	reader  *bufio.Reader
	// Nil of one that stays idle: there may be thousands.
	latencies *histogram
	requests  int64
	errors    int64
	bytes     int64
	first     error
}

// run does a job. Connections are open, and each has asked once, before the clock starts: then ready is called. They are
// closed after done was told what came of it, so that this is no part of it either.
func run(job Job, ready func(), done func(Result)) {
	request := requestOf(job)
	idle := make([]*worker, job.Idle)
	workers := make([]*worker, job.Connections)
	for index := range idle {
		idle[index] = newWorker(&job, request, index)
	}
	for index := range workers {
		workers[index] = newWorker(&job, request, job.Idle+index)
	}
	each(append(idle, workers...), (*worker).ask)
	for _, w := range workers {
		w.requests, w.bytes = 0, 0
	}

	ready()
	started := time.Now()
	var left atomic.Int64
	left.Store(job.Requests)
	each(workers, func(w *worker) {
		if job.Rate > 0 {
			w.keepRate(started)
		} else {
			w.keepAsking(started, &left)
		}
	})
	seconds := time.Since(started).Seconds()
	done(sum(append(workers, idle...), seconds))
	for _, w := range append(workers, idle...) {
		w.close()
	}
}

func requestOf(job Job) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", job.Method, job.Path, job.URL)
	for name, value := range job.Headers {
		fmt.Fprintf(&text, "%s: %s\r\n", name, value)
	}
	if job.Body != nil {
		fmt.Fprintf(&text, "Content-Length: %d\r\n", len(*job.Body))
	}
	text.WriteString("\r\n")
	if job.Body != nil {
		text.WriteString(*job.Body)
	}
	return []byte(text.String())
}

func newWorker(job *Job, request []byte, number int) *worker {
	w := &worker{job: job, number: number, request: request}
	if number >= job.Idle {
		w.latencies = new(histogram)
	}
	return w
}

// each lets all of them work at once.
func each(workers []*worker, work func(*worker)) {
	var group sync.WaitGroup
	for _, w := range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			work(w)
		}()
	}
	group.Wait()
}

// keepAsking asks again as soon as it is answered.
func (w *worker) keepAsking(started time.Time, left *atomic.Int64) {
	end := started.Add(time.Duration(w.job.DurationMs) * time.Millisecond)
	for {
		if w.job.Requests > 0 && left.Add(-1) < 0 {
			return
		}
		before := time.Now()
		if w.job.Requests == 0 && before.After(end) {
			return
		}
		w.ask()
		w.latencies.add(int64(time.Since(before)))
	}
}

// keepRate asks at the times of its own schedule.
func (w *worker) keepRate(started time.Time) {
	connections := float64(w.job.Connections)
	step := time.Duration(float64(time.Second) * connections / w.job.Rate)
	place := float64(w.number-w.job.Idle) / connections
	due := started.Add(time.Duration(float64(step) * place))
	end := started.Add(time.Duration(w.job.DurationMs) * time.Millisecond)
	for ; due.Before(end); due = due.Add(step) {
		if wait := time.Until(due); wait > 0 {
			sleep(wait)
		}
		w.ask()
		w.latencies.add(int64(time.Since(due)))
	}
}

// ask sends the request and reads the answer.
func (w *worker) ask() {
	w.requests++
	got, err := w.exchange()
	if err == nil {
		err = w.job.Expect.check(got)
	} else {
		w.close()
	}
	if got.closes {
		w.close()
	}
	w.bytes += got.bytes
	if err == nil {
		return
	}
	w.errors++
	if w.first == nil {
		w.first = err
	}
}

func (w *worker) exchange() (answer, error) {
	if w.conn == nil {
		if err := w.open(); err != nil {
			return answer{}, err
		}
	}
	if _, err := w.conn.Write(w.request); err != nil {
		return answer{}, err
	}
	return readAnswer(w.reader)
}

// open connects, from another loopback address when one has no ports left.
func (w *worker) open() error {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	if w.job.Connections+w.job.Idle > connectionsPerAddress {
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+w.number/connectionsPerAddress))}
	}
	conn, err := dialer.Dial("tcp", w.job.URL)
	if err != nil {
		return err
	}
	w.conn = conn
	if w.reader == nil {
		w.reader = bufio.NewReaderSize(conn, w.bufferBytes())
	} else {
		w.reader.Reset(conn)
	}
	return nil
}

// bufferBytes is small where there are thousands that say nothing.
func (w *worker) bufferBytes() int {
	if w.number < w.job.Idle {
		return 4 << 10
	}
	return readBufferBytes
}

func (w *worker) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

func sum(workers []*worker, seconds float64) Result {
	var latencies histogram
	result := Result{Seconds: seconds}
	for _, w := range workers {
		result.Errors += w.errors
		result.Bytes += w.bytes
		// Those that are idle asked before the clock started.
		if w.latencies != nil {
			latencies.merge(w.latencies)
			result.Requests += w.requests
		}
		if w.first != nil && result.FirstError == "" {
			result.FirstError = w.first.Error()
		}
	}
	result.LatencyUs = latencies.quantiles()
	return result
}

// raiseFileLimit takes as many files as the system allows: each connection is one.
func raiseFileLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	limit.Cur = limit.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

// sleep is the kernel's own, late by some 60 us; that of Go waits in whole milliseconds.
func sleep(wait time.Duration) {
	left := syscall.NsecToTimespec(int64(wait))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}
