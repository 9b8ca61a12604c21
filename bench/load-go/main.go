// What loads the contenders of the bench, at as little cost as can be: it shares a core with their upstream. It needs Linux
// 5.11.
//
// It reads jobs from standard input, one JSON document per line. For each it writes an empty line to standard output when
// the clock starts, and then what came of it, as JSON; or {"failure":"why"}, with or without the empty line. The connections
// of a job stay open until the next one comes, so that what a server does about their end is no part of what the caller
// measures. It ends with its input.
//
// Closed loop: each connection asks again as soon as it is answered. With a rate: each connection asks at times that were
// fixed before, and a latency counts from the time that a request was due, so that one that had to wait for a slow answer
// before it has waited for the server (as wrk2 does).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"syscall"
)

func main() {
	raiseFileLimit()
	keepTime()
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 16<<20)
	output := json.NewEncoder(os.Stdout)
	var last *loop
	// By server.
	turns := map[string]int{}
	for input.Scan() {
		if last != nil {
			last.close()
		}
		var result any
		var err error
		if last, result, err = do(input.Bytes(), turns); err != nil {
			result = Failure{err.Error()}
		}
		if err := output.Encode(result); err != nil {
			log.Fatal(err)
		}
	}
	if err := input.Err(); err != nil {
		log.Fatal(err)
	}
}

// do does a job. Its loop, if it came to one, has to be closed.
func do(line []byte, turns map[string]int) (*loop, Result, error) {
	var job Job
	if err := json.Unmarshal(line, &job); err != nil {
		return nil, Result{}, err
	}
	l, err := newLoop(job, turns[job.URL])
	if err != nil {
		return nil, Result{}, err
	}
	defer func() { turns[job.URL] = l.turn }()
	if err := l.warmUp(); err != nil {
		return l, Result{}, err
	}
	fmt.Println()
	result, err := l.measure()
	return l, result, err
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

// keepTime lets the kernel wake this thread when it is time, and not up to 50 us later, as it does to wake several at once
// (PR_SET_TIMERSLACK in prctl(2)). All work is done on this thread.
func keepTime() {
	runtime.LockOSThread()
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, 1, 0)
}
