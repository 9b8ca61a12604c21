package main

import (
	"bufio"
	"bytes"
	"io"
	"testing"
	"testing/iotest"
)

var rightAnswers = map[string]struct {
	text string
	want answer
}{
	"a length":                    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", answer{200, 3, false}},
	"no body":                     {"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", answer{404, 0, false}},
	"chunks":                      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", answer{200, 13, false}},
	"trailers":                    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\ngrpc-status: 0\r\n\r\n", answer{200, 1, false}},
	"the last on its connection":  {"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\na", answer{200, 1, true}},
	"up to the end of connection": {"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcdef", answer{200, 6, true}},
}

func TestReadsAnswersHoweverTheyArrive(t *testing.T) {
	for name, test := range rightAnswers {
		for split := 0; split <= len(test.text); split++ {
			arriving := io.MultiReader(
				bytes.NewReader([]byte(test.text[:split])),
				iotest.OneByteReader(bytes.NewReader([]byte(test.text[split:]))),
			)
			got, err := readAnswer(bufio.NewReader(arriving))
			if err != nil || got != test.want {
				t.Errorf("%s, split at %d: %+v, %v", name, split, got, err)
			}
		}
	}
}

func TestRefusesWhatIsNoAnswer(t *testing.T) {
	for name, text := range map[string]string{
		"another protocol":    "HTTP/2 200 OK\r\n\r\n",
		"no status":           "HTTP/1.1 abc OK\r\n\r\n",
		"a bare line feed":    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
		"no colon":            "HTTP/1.1 200 OK\r\nContent-Length 0\r\n\r\n",
		"no number":           "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
		"a body without size": "HTTP/1.1 200 OK\r\n\r\nabc",
		"a wrong chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"a chunk too long":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
		"a body cut off":      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
		"nothing":             "",
	} {
		if got, err := readAnswer(bufio.NewReader(bytes.NewReader([]byte(text)))); err == nil {
			t.Errorf("%s is taken for %+v", name, got)
		}
	}
}

func TestQuantilesAreRightWithinABucket(t *testing.T) {
	var h histogram
	for value := int64(1); value <= 100_000; value++ {
		h.add(value * 1000)
	}
	got := h.quantiles()
	for name, pair := range map[string][2]float64{
		"p50": {got.P50, 50_000}, "p90": {got.P90, 90_000}, "p99": {got.P99, 99_000}, "p999": {got.P999, 99_900}, "max": {got.Max, 100_000},
	} {
		if pair[0] < pair[1] || pair[0] > pair[1]*1.017 {
			t.Errorf("%s is %v in place of %v", name, pair[0], pair[1])
		}
	}
}
