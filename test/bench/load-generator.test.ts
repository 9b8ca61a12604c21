import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { type LoadJob, startLoadGenerator } from '../../bench/load-generator.ts'
import { ROOT } from '../../tools/buf.ts'

const load = await startLoadGenerator()
if (typeof load === 'string') {
  t.pass('skipped', { skip: load })
} else {
  t.teardown(() => load.stop())

  /** A job for a server, or for one that answers so. */
  async function jobFor(t: Test, answers: Server | RequestListener): Promise<LoadJob> {
    const server = typeof answers === 'function' ? createServer(answers) : answers
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => {
      server.close()
      server.closeAllConnections()
    })
    return {
      url: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      method: 'GET',
      path: '/',
      headers: {},
      body: null,
      connections: 4,
      requests: 100,
      expect: { status: 200, bytes: 6 }
    }
  }

  t.test('asks as often as it is told', async t => {
    let asked = 0
    const job = await jobFor(t, (_request, response) => {
      asked++
      response.end('abcdef')
    })
    const result = await load.run(job)
    t.equal(result.errors, 0)
    t.equal(result.requests, 100)
    t.equal(result.bytes, 600)
    t.equal(asked, 104, 'each connection once more, before the clock starts')
  })

  t.test('sends what it is told to send', async t => {
    const seen = new Set<string>()
    const job = await jobFor(t, async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.add(`${request.method} ${request.url} ${request.headers['x-name']} ${body}`)
      response.end('abcdef')
    })
    const headers = { 'X-Name': 'value' }
    const result = await load.run({ ...job, method: 'POST', path: '/a?b=c', headers, body: '{"é":1}' })
    t.equal(result.errors, 0)
    t.strictSame([...seen], ['POST /a?b=c value {"é":1}'])
  })

  t.test('takes tokens by turns, and goes on with them in the next job', async t => {
    const seen: string[] = []
    const job = await jobFor(t, (request, response) => {
      seen.push(request.headers.authorization ?? 'none')
      response.end('abcdef')
    })
    const asking = { ...job, connections: 1, requests: 3, tokens: ['a', 'b', 'c'] }
    for (let time = 0; time < 2; time++) t.equal((await load.run(asking)).errors, 0)
    t.strictSame(
      seen,
      ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b'].map(token => `Bearer ${token}`)
    )
  })

  t.test('keeps a rate, and counts a latency from when a request was due', async t => {
    let asked = 0
    const job = await jobFor(t, (_request, response) => {
      // Once, all connections have to wait.
      const stall = ++asked === 50 ? 300 : 0
      const end = performance.now() + stall
      while (performance.now() < end);
      response.end('abcdef')
    })
    const { requests: _, ...timed } = job
    const result = await load.run({ ...timed, rate: 200, durationMs: 1000 })
    t.equal(result.errors, 0)
    t.equal(result.requests, 200)
    t.ok(result.latencyUs.max >= 300_000, `the longest took ${result.latencyUs.max} us`)
    t.ok(result.latencyUs.p90 >= 50_000, `those behind it waited too: ${result.latencyUs.p90} us`)
  })

  t.test('counts wrong answers, and says what was wrong with the first', async t => {
    const job = await jobFor(t, (_request, response) => response.writeHead(500).end('abcdef'))
    const result = await load.run(job)
    t.equal(result.errors, 104)
    t.equal(result.firstError, 'status 500')
    t.match((await load.run({ ...job, expect: { status: 500, bytes: 7 } })).firstError, '6 bytes in place of 7')
  })

  t.test('reads chunks, and connects anew when a server ends a connection with its answer', async t => {
    const job = await jobFor(t, (_request, response) => {
      response.setHeader('connection', 'close')
      response.write('abc')
      response.end('def')
    })
    const result = await load.run(job)
    t.equal(result.errors, 0)
    t.equal(result.requests, 100)
  })

  t.test('keeps idle connections open meanwhile', async t => {
    const open = new Set<Socket>()
    let most = 0
    const job = await jobFor(t, ({ socket }, response) => {
      if (!open.has(socket)) socket.once('close', () => open.delete(socket))
      most = Math.max(most, open.add(socket).size)
      response.end('abcdef')
    })
    const result = await load.run({ ...job, idle: 50 })
    t.equal(result.errors, 0)
    t.equal(result.requests, 100)
    t.equal(most, 54)
  })

  t.test('tells of a server that is not there, and does the next job', async t => {
    const job = await jobFor(t, (_request, response) => response.end('abcdef'))
    await t.rejects(load.run({ ...job, url: '127.0.0.1:1' }), /127\.0\.0\.1:1 .* connection refused/)
    t.equal((await load.run(job)).errors, 0)
  })

  t.test('ends with a server that goes away', async t => {
    const server = createServer((_request, response) => {
      if (++asked < 50) return response.end('abcdef')
      server.close()
      server.closeAllConnections()
    })
    let asked = 0
    const job = await jobFor(t, server)
    await t.rejects(load.run({ ...job, requests: 1_000_000 }), /connection refused/)
  })

  t.test('tells of a job that cannot be done', async t => {
    const job = await jobFor(t, (_request, response) => response.end())
    await t.rejects(load.run({ ...job, connections: 0 }), /needs a connection/)
  })

  t.test('holds to the tests of its parts', async () => {
    await promisify(execFile)('go', ['test', '-count=1', '.'], { cwd: join(ROOT, 'bench/load-go') })
  })
}
