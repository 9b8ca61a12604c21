// Preloaded into the processes of `make start`: when the supervisor dies without stopping them (a SIGKILL, a crash), the
// channel to it breaks, and they stop as if it had asked them to.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
// The channel alone must not keep a process alive that has finished its work.
process.channel?.unref()
