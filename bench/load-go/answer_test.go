package main

import (
	"errors"
	"testing"
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

// readAll reads an answer that arrives in these pieces, up to the end of its connection.
func readAll(r *answerReader, pieces ...string) error {
	r.reset()
	for _, piece := range pieces {
		rest, err := r.read([]byte(piece))
		if err != nil {
			return err
		}
		if len(rest) > 0 {
			return errUnasked
		}
	}
	if r.isDone() {
		return nil
	}
	return r.end()
}

func TestReadsAnswersHoweverTheyArrive(t *testing.T) {
	// The same one, as over a connection that is kept.
	var r answerReader
	for name, test := range rightAnswers {
		for first := 0; first <= len(test.text); first++ {
			for second := first; second <= len(test.text); second++ {
				err := readAll(&r, test.text[:first], test.text[first:second], test.text[second:])
				if err != nil || r.answer != test.want {
					t.Errorf("%s, split at %d and %d: %+v, %v", name, first, second, r.answer, err)
				}
			}
		}
	}
}

func TestTellsWhatComesBehindAnAnswer(t *testing.T) {
	for name, test := range rightAnswers {
		if test.want.closes {
			continue
		}
		if err := readAll(new(answerReader), test.text+"H"); !errors.Is(err, errUnasked) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusesWhatIsNoAnswer(t *testing.T) {
	for name, text := range map[string]string{
		"another protocol":    "HTTP/2 200 OK\r\n\r\n",
		"an interim answer":   "HTTP/1.1 100 Continue\r\n\r\n",
		"two lengths":         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
		"chunks and a length": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
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
		var r answerReader
		if err := readAll(&r, text); err == nil {
			t.Errorf("%s is taken for %+v", name, r.answer)
		}
	}
}
