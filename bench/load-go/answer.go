package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

var (
	errHead  = errors.New("the head of an answer is not one of HTTP/1.1")
	errChunk = errors.New("a chunk of an answer is wrong")
)

// answer is what is looked at of one.
type answer struct {
	status int
	bytes  int64
	// The server ends the connection with it.
	closes bool
}

// readAnswer reads one, strictly: what it does not understand is an error. It allocates nothing.
func readAnswer(reader *bufio.Reader) (answer, error) {
	line, err := readLine(reader)
	if err != nil {
		return answer{}, err
	}
	// HTTP/1.1 200 OK
	if len(line) < 12 || string(line[:9]) != "HTTP/1.1 " {
		return answer{}, errHead
	}
	status, ok := decimal(line[9:12])
	if !ok {
		return answer{}, errHead
	}
	result := answer{status: int(status)}
	length := int64(-1)
	chunked := false
	for {
		if line, err = readLine(reader); err != nil {
			return result, err
		}
		if len(line) == 0 {
			break
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 1 {
			return result, errHead
		}
		name, value := line[:colon], bytes.TrimSpace(line[colon+1:])
		switch {
		case is(name, "content-length"):
			if length, ok = decimal(value); !ok {
				return result, errHead
			}
		case is(name, "transfer-encoding"):
			chunked = is(value, "chunked")
		case is(name, "connection"):
			result.closes = is(value, "close")
		}
	}
	switch {
	case chunked:
		result.bytes, err = discardChunks(reader)
	case length >= 0:
		result.bytes, err = length, discard(reader, length)
	case result.closes:
		result.bytes, err = io.Copy(io.Discard, reader)
	default:
		err = errHead
	}
	return result, err
}

// discardChunks reads a body of chunks, and the trailers behind it (RFC 9112, section 7.1).
func discardChunks(reader *bufio.Reader) (int64, error) {
	total := int64(0)
	for {
		line, err := readLine(reader)
		if err != nil {
			return total, err
		}
		if end := bytes.IndexByte(line, ';'); end >= 0 {
			line = line[:end]
		}
		size, err := strconv.ParseInt(string(line), 16, 64)
		if err != nil || size < 0 {
			return total, errChunk
		}
		if size == 0 {
			return total, discardTrailers(reader)
		}
		if err := discard(reader, size); err != nil {
			return total, err
		}
		if line, err = readLine(reader); err != nil {
			return total, err
		}
		if len(line) != 0 {
			return total, errChunk
		}
		total += size
	}
}

// discardTrailers reads up to an empty line.
func discardTrailers(reader *bufio.Reader) error {
	for {
		line, err := readLine(reader)
		if err != nil || len(line) == 0 {
			return err
		}
		if bytes.IndexByte(line, ':') < 1 {
			return errHead
		}
	}
}

func discard(reader *bufio.Reader, size int64) error {
	_, err := reader.Discard(int(size))
	return err
}

// readLine reads up to a line feed that follows a carriage return; the line is valid until the next read.
func readLine(reader *bufio.Reader) ([]byte, error) {
	line, err := reader.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return nil, errHead
	}
	return line[:len(line)-2], nil
}

func decimal(digits []byte) (int64, bool) {
	value := int64(0)
	for _, digit := range digits {
		if digit < '0' || digit > '9' || value > 1<<40 {
			return 0, false
		}
		value = value*10 + int64(digit-'0')
	}
	return value, len(digits) > 0
}

// is compares without regard to case; the other is in lower case.
func is(text []byte, lower string) bool {
	if len(text) != len(lower) {
		return false
	}
	for index, octet := range text {
		if octet >= 'A' && octet <= 'Z' {
			octet += 'a' - 'A'
		}
		if octet != lower[index] {
			return false
		}
	}
	return true
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
