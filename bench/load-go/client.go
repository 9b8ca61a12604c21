package main

import (
	"syscall"
	"time"
)

// How many connections one address can have to another: the ports that are left for it are 28,232 by default.
const connectionsPerAddress = 20_000

// ipBindAddressNoPort of ip(7): a port is chosen when it connects, and has to be free for that server only.
const ipBindAddressNoPort = 24

// state of a client: closed -> connecting -> asking -> resting -> asking ... -> closed.
type state uint8

const (
	closed state = iota
	connecting
	// From the first byte of a request to the last of its answer.
	asking
	// Open, and nothing to do.
	resting
)

// client is one connection.
type client struct {
	number int
	state  state
	// Whether the poller tells when it can be written to.
	writes bool
	fd     int
	// The request, and how much of it is sent.
	text []byte
	sent int
	// From when the latency counts, and when it really asked.
	since, asked time.Duration
	reader       answerReader
}

func (c *client) isFree() bool {
	return c.state == closed || c.state == resting
}

// connect begins to. The poller tells when it is done, whether that takes time or not.
func (c *client) connect(server *syscall.SockaddrInet4, p *poller) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c.fd, c.state, c.writes = fd, connecting, true
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return err
	}
	if err := c.bind(); err != nil {
		return err
	}
	if err := syscall.Connect(fd, server); err != nil && err != syscall.EINPROGRESS {
		return err
	}
	return p.watch(syscall.EPOLL_CTL_ADD, fd, c.number, true)
}

// bind takes another loopback address when one has no ports left.
func (c *client) bind() error {
	address := c.number / connectionsPerAddress
	if address == 0 {
		return nil
	}
	if err := syscall.SetsockoptInt(c.fd, syscall.IPPROTO_IP, ipBindAddressNoPort, 1); err != nil {
		return err
	}
	return syscall.Bind(c.fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(1 + address)}})
}

// connected tells whether it is, once the poller has said that it was decided.
func (c *client) connected() error {
	code, err := syscall.GetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	return err
}

// send goes on with the request. The poller tells when there is room for more.
func (c *client) send(p *poller) error {
	count, err := syscall.Write(c.fd, c.text[c.sent:])
	if err != nil && err != syscall.EAGAIN && err != syscall.EINTR {
		return err
	}
	c.sent += max(count, 0)
	writes := c.sent < len(c.text)
	if writes == c.writes {
		return nil
	}
	c.writes = writes
	return p.watch(syscall.EPOLL_CTL_MOD, c.fd, c.number, writes)
}

// close ends the connection, if there is one. The poller forgets it by itself.
func (c *client) close() {
	if c.state != closed {
		_ = syscall.Close(c.fd)
	}
	c.state = closed
}
