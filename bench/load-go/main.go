// What loads the contenders of the bench, at as little cost as can be: it shares a core with their upstream.
//
// It reads jobs from standard input, one JSON document per line. For each it writes an empty line to standard output when
// the clock starts, and then what came of it, as JSON. It ends with its input. Closed loop: each connection asks again as soon as it is answered. With a rate: each connection asks at times
// that were fixed before, and a latency counts from the time that a request was due, so that one that had to wait for a
// slow answer before it has waited for the server (as wrk2 does).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
)

// Job is what to ask, how often, and what has to come.
type Job struct {
	// host:port
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    *string           `json:"body"`
	// How many connections ask.
	Connections int `json:"connections"`
	// Further connections that asked once, and then stay open and say nothing.
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

// Result is what came of a job.
type Result struct {
	Requests   int64     `json:"requests"`
	Errors     int64     `json:"errors"`
	FirstError string    `json:"firstError,omitempty"`
	Seconds    float64   `json:"seconds"`
	Bytes      int64     `json:"bytes"`
	LatencyUs  Quantiles `json:"latencyUs"`
}

func main() {
	raiseFileLimit()
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 16<<20)
	output := json.NewEncoder(os.Stdout)
	ready := func() { fmt.Println() }
	done := func(result Result) {
		if err := output.Encode(result); err != nil {
			log.Fatal(err)
		}
	}
	for input.Scan() {
		var job Job
		if err := json.Unmarshal(input.Bytes(), &job); err != nil {
			log.Fatal(err)
		}
		run(job, ready, done)
	}
}
