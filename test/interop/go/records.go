package main

import "sync"

// What was seen of the calls of one name: the same as Seen in ask.ts.
type seen struct {
	Calls     int    `json:"calls"`
	Open      int    `json:"open"`
	MostOpen  int    `json:"mostOpen"`
	Cancelled int    `json:"cancelled"`
	Received  int    `json:"received"`
	Sent      int    `json:"sent"`
	TimeoutMs *int64 `json:"timeoutMs"`
}

// One name's record, and the gate that its calls wait at.
type record struct {
	seen
	gate       chan struct{}
	isReleased bool
}

type records struct {
	mutex  *sync.Mutex
	byName map[string]*record
}

func newRecords() records {
	return records{mutex: &sync.Mutex{}, byName: map[string]*record{}}
}

// Does something with the record of a name, and nobody else with it meanwhile.
func (r records) with(name string, do func(*record)) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	found, known := r.byName[name]
	if !known {
		found = &record{gate: make(chan struct{})}
		r.byName[name] = found
	}
	do(found)
}

func (r records) begin(name string, timeoutMs *int64) {
	r.with(name, func(of *record) {
		of.Calls++
		of.Open++
		of.MostOpen = max(of.MostOpen, of.Open)
		of.TimeoutMs = timeoutMs
	})
}

func (r records) end(name string, isCancelled bool) {
	r.with(name, func(of *record) {
		of.Open--
		if isCancelled {
			of.Cancelled++
		}
	})
}

func (r records) add(name string, received, sent int) {
	r.with(name, func(of *record) {
		of.Received += received
		of.Sent += sent
	})
}

func (r records) seen(name string) (now seen) {
	r.with(name, func(of *record) { now = of.seen })
	return now
}

func (r records) released(name string) (gate <-chan struct{}) {
	r.with(name, func(of *record) { gate = of.gate })
	return gate
}

func (r records) letGo(name string) {
	r.with(name, func(of *record) {
		if !of.isReleased {
			close(of.gate)
		}
		of.isReleased = true
	})
}
