package main

import (
	"syscall"
	"time"
	"unsafe"
)

// epoll_pwait2 has this number on all architectures (Linux 5.11). Its older sisters wait in whole milliseconds, as sleeping
// goroutines do for that reason.
const sysEpollPwait2 = 441

// poller is epoll(7), level-triggered: what is not read is told again.
type poller struct {
	fd     int
	events [256]syscall.EpollEvent
	// Here, since a variable of a function that is given to the kernel might be allocated each time.
	timeout syscall.Timespec
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &poller{fd: fd}, err
}

// watch tells of what can be read from a connection, and of its end; and, if wanted, of that it can be written to.
func (p *poller) watch(operation int, fd int, client int, writes bool) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(client)}
	if writes {
		event.Events |= syscall.EPOLLOUT
	}
	return syscall.EpollCtl(p.fd, operation, fd, &event)
}

// wait is late by a few microseconds on a core that has nothing else to do. Events have the number of the client as their Fd.
func (p *poller) wait(timeout time.Duration) ([]syscall.EpollEvent, error) {
	p.timeout = syscall.NsecToTimespec(int64(timeout))
	count, _, errno := syscall.Syscall6(
		sysEpollPwait2,
		uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events)),
		uintptr(len(p.events)),
		uintptr(unsafe.Pointer(&p.timeout)),
		0, 0,
	)
	if errno == syscall.EINTR {
		return nil, nil
	}
	if errno != 0 {
		return nil, errno
	}
	return p.events[:count], nil
}
