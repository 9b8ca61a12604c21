package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Job is what to ask, how often, and what has to come.
type Job struct {
	// host:port
	URL string `json:"url"`
	// Any but HEAD, whose answers have no body.
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	// Bearer tokens: each request carries the next one, and after the last one the first again. The next job for the same
	// server goes on where this one ends. Empty: none.
	Tokens []string `json:"tokens"`
	Body   *string  `json:"body"`
	// How many connections ask.
	Connections int `json:"connections"`
	// Further connections that ask once, and then stay open and say nothing.
	Idle       int   `json:"idle"`
	DurationMs int64 `json:"durationMs"`
	// Ends after so many answers; 0: by time.
	Requests int64 `json:"requests"`
	// Requests a second over all connections; 0: as many as are answered.
	Rate   float64 `json:"rate"`
	Expect Expect  `json:"expect"`
}

// Expect is what a right answer is.
type Expect struct {
	Status int `json:"status"`
	// Bytes of the body; null: any number.
	Bytes *int64 `json:"bytes"`
}

// Failure is why a job was not done, or not to its end.
type Failure struct {
	Failure string `json:"failure"`
}

// Result is what came of a job.
type Result struct {
	// Without the first of each connection.
	Requests   int64     `json:"requests"`
	Errors     int64     `json:"errors"`
	FirstError string    `json:"firstError,omitempty"`
	Seconds    float64   `json:"seconds"`
	Bytes      int64     `json:"bytes"`
	LatencyUs  Quantiles `json:"latencyUs"`
}

func (job *Job) check() error {
	switch {
	case job.Method == "" || job.Method == "HEAD":
		return fmt.Errorf("a job cannot ask with the method %q", job.Method)
	case job.Connections < 1 || job.Idle < 0 || job.Rate < 0:
		return errors.New("a job needs a connection or more, and nothing of it is below 0")
	case job.DurationMs < 1 && job.Requests < 1:
		return errors.New("a job needs an end: durationMs or requests")
	}
	return nil
}

// plan tells who asks when, while the job is measured.
func (job *Job) plan() plan {
	duration := time.Duration(job.DurationMs) * time.Millisecond
	if job.Rate == 0 {
		return &closedLoop{clients: job.Connections, duration: duration, counts: job.Requests > 0, left: job.Requests}
	}
	total := job.Requests
	if total == 0 {
		total = int64(math.Round(job.Rate * duration.Seconds()))
	}
	return newConstantRate(job.Connections, job.Rate, total)
}

// texts are the requests, of which each is sent in its turn.
func (job *Job) texts() [][]byte {
	if len(job.Tokens) == 0 {
		return [][]byte{job.text("")}
	}
	texts := make([][]byte, len(job.Tokens))
	for index, token := range job.Tokens {
		texts[index] = job.text("Authorization: Bearer " + token + "\r\n")
	}
	return texts
}

func (job *Job) text(header string) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", job.Method, job.Path, job.URL)
	for _, name := range slices.Sorted(maps.Keys(job.Headers)) {
		fmt.Fprintf(&text, "%s: %s\r\n", name, job.Headers[name])
	}
	text.WriteString(header)
	if job.Body != nil {
		fmt.Fprintf(&text, "Content-Length: %d\r\n", len(*job.Body))
	}
	text.WriteString("\r\n")
	if job.Body != nil {
		text.WriteString(*job.Body)
	}
	return []byte(text.String())
}

func (expect Expect) check(got answer) error {
	if got.status != expect.Status {
		return fmt.Errorf("status %d", got.status)
	}
	if expect.Bytes != nil && got.bytes != *expect.Bytes {
		return fmt.Errorf("%d bytes in place of %d", got.bytes, *expect.Bytes)
	}
	return nil
}
