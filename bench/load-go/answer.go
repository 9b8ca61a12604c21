package main

import (
	"bytes"
	"errors"
)

// How long a line of a head may be.
const maxLineBytes = 64 << 10

var (
	errHead     = errors.New("the head of an answer is not one of HTTP/1.1")
	errLength   = errors.New("an answer has no length, or several")
	errChunk    = errors.New("a chunk of an answer is wrong")
	errNoAnswer = errors.New("the connection ended without an answer")
	errCutOff   = errors.New("the connection ended within an answer")
)

// answer is what is looked at of one.
type answer struct {
	status int
	bytes  int64
	// The server ends the connection with it.
	closes bool
}

// part of an answer that comes next:
//
//	statusLine -> header ... -> statusLine, behind an interim answer
//	                         -> sized body                        -> done
//	                         -> chunkSize -> chunk -> chunkEnd ...
//	                            chunkSize of 0     -> trailer ...  -> done
//	                         -> endless body, up to the end of the connection
type part uint8

const (
	statusLine part = iota
	header
	sizedBody
	chunkSize
	chunk
	chunkEnd
	trailer
	endlessBody
	done
)

// answerReader reads one answer in pieces of any size, strictly: what it does not understand is an error (RFC 9112).
type answerReader struct {
	answer answer
	next   part
	// What the head tells of the body; -1: nothing.
	length    int64
	isChunked bool
	// Bytes that are to come of the body, or of a chunk.
	left int64
	// A line that has not wholly arrived. It is kept, so that it is allocated once per connection, if at all.
	line []byte
}

func (r *answerReader) reset() {
	*r = answerReader{length: -1, line: r.line[:0]}
}

func (r *answerReader) isDone() bool {
	return r.next == done
}

// read takes what has arrived, and returns what is behind the answer.
func (r *answerReader) read(data []byte) (rest []byte, err error) {
	for len(data) > 0 && r.next != done && err == nil {
		switch r.next {
		case sizedBody, chunk:
			data = r.skip(data)
		case endlessBody:
			r.answer.bytes += int64(len(data))
			data = nil
		default:
			data, err = r.readLine(data)
		}
	}
	return data, err
}

// end tells whether the answer may end with its connection.
func (r *answerReader) end() error {
	switch {
	case r.next == endlessBody:
		return nil
	case r.next == statusLine && len(r.line) == 0:
		return errNoAnswer
	}
	return errCutOff
}

// skip passes over a body, or a chunk.
func (r *answerReader) skip(data []byte) []byte {
	count := min(r.left, int64(len(data)))
	r.left -= count
	r.answer.bytes += count
	if r.left == 0 && r.next == chunk {
		r.next = chunkEnd
	} else if r.left == 0 {
		r.next = done
	}
	return data[count:]
}

// readLine reads up to a line feed, which has to follow a carriage return.
func (r *answerReader) readLine(data []byte) (rest []byte, err error) {
	feed := bytes.IndexByte(data, '\n')
	count := feed + 1
	if feed < 0 {
		count = len(data)
	}
	if len(r.line)+count > maxLineBytes {
		return data, errHead
	}
	line := data[:count]
	if feed < 0 || len(r.line) > 0 {
		r.line = append(r.line, line...)
		line = r.line
	}
	if feed < 0 {
		return nil, nil
	}
	r.line = r.line[:0]
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return data, errHead
	}
	return data[count:], r.takeLine(line[:len(line)-2])
}

// takeLine understands a line.
func (r *answerReader) takeLine(line []byte) error {
	switch {
	case r.next == statusLine:
		return r.takeStatus(line)
	case r.next == header && len(line) == 0:
		return r.endHead()
	case r.next == header:
		return r.takeHeader(line)
	case r.next == chunkSize:
		return r.takeChunkSize(line)
	case r.next == chunkEnd && len(line) == 0:
		r.next = chunkSize
		return nil
	case r.next == chunkEnd:
		return errChunk
	case len(line) == 0:
		r.next = done
		return nil
	}
	_, _, err := splitHeader(line)
	return err
}

// takeStatus reads such as HTTP/1.1 200 OK. There is no 101 (Switching Protocols), for which nobody has asked.
func (r *answerReader) takeStatus(line []byte) error {
	if len(line) < 12 || string(line[:9]) != "HTTP/1.1 " || (len(line) > 12 && line[12] != ' ') {
		return errHead
	}
	status, ok := decimal(line[9:12])
	if !ok || status < 100 || status == 101 {
		return errHead
	}
	r.answer.status = int(status)
	r.next = header
	return nil
}

func (r *answerReader) takeHeader(line []byte) error {
	name, value, err := splitHeader(line)
	if err != nil {
		return err
	}
	ok := true
	switch {
	case is(name, "content-length"):
		if r.length >= 0 {
			return errLength
		}
		r.length, ok = decimal(value)
	case is(name, "transfer-encoding"):
		ok = is(value, "chunked") && !r.isChunked
		r.isChunked = true
	case is(name, "connection"):
		r.answer.closes = is(value, "close")
		ok = r.answer.closes || is(value, "keep-alive")
	}
	if !ok {
		return errHead
	}
	return nil
}

// endHead tells how long the body is (RFC 9112, section 6.3). Interim answers have none, and are passed over: they may come
// unasked (RFC 9110, section 15.2).
func (r *answerReader) endHead() error {
	status := r.answer.status
	switch {
	case status < 200:
		r.reset()
	case r.isChunked && r.length >= 0:
		return errLength
	case status == 204 || status == 304 || r.length == 0:
		r.next = done
	case r.isChunked:
		r.next = chunkSize
	case r.length > 0:
		r.next, r.left = sizedBody, r.length
	case r.answer.closes:
		r.next = endlessBody
	default:
		return errLength
	}
	return nil
}

// takeChunkSize reads such as 1F;name=value (RFC 9112, section 7.1).
func (r *answerReader) takeChunkSize(line []byte) error {
	if end := bytes.IndexByte(line, ';'); end >= 0 {
		line = bytes.TrimRight(line[:end], " \t")
	}
	size, ok := hexadecimal(line)
	if !ok {
		return errChunk
	}
	r.next, r.left = chunk, size
	if size == 0 {
		r.next = trailer
	}
	return nil
}
