package main

import "bytes"

// splitHeader splits name: value. Neither are there spaces around the name, nor is a line continued (RFC 9112, section 5).
func splitHeader(line []byte) (name, value []byte, err error) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || isSpace(line[0]) || isSpace(line[colon-1]) {
		return nil, nil, errHead
	}
	return line[:colon], bytes.Trim(line[colon+1:], " \t"), nil
}

func isSpace(octet byte) bool {
	return octet == ' ' || octet == '\t'
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

func hexadecimal(digits []byte) (int64, bool) {
	value := int64(0)
	for _, digit := range digits {
		switch {
		case digit >= '0' && digit <= '9':
			digit -= '0'
		case digit >= 'a' && digit <= 'f':
			digit -= 'a' - 10
		case digit >= 'A' && digit <= 'F':
			digit -= 'A' - 10
		default:
			return 0, false
		}
		if value > 1<<40 {
			return 0, false
		}
		value = value<<4 + int64(digit)
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
