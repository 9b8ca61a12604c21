import { asking } from './ask.ts'
import { lengths, MiB, open } from './client.ts'
import { startProxy } from './proxy.ts'
import { against } from './subjects.ts'

/** Packs well. */
const value = Buffer.alloc(MiB, 'again and again ')

async function* messages() {
  yield { value }
  yield { value }
}

against(
  'requests in gzip are understood',
  async (t, start) => {
    const proxy = await startProxy(t, await start(t))
    const { client } = open(t, proxy, { sendCompression: 'gzip' })
    const headers = asking({ id: 'packed', answerBytes: 1 })
    t.equal((await client.unary({ value }, { headers })).value.length, 1)
    t.equal(Buffer.from((await client.clientStream(messages(), { headers })).value).toString(), String(2 * MiB))
    t.ok(proxy.up.bytes < MiB / 10, `${proxy.up.bytes} bytes of three mebibytes went up`)
  },
  { over: ['plain text'] }
)

against(
  'answers in gzip are understood',
  async (t, start) => {
    const proxy = await startProxy(t, await start(t, { gzipAnswers: true }))
    const { client } = open(t, proxy)
    const headers = asking({ id: 'packed', answers: 2, answerBytes: MiB })
    t.equal((await client.unary({}, { headers })).value.length, MiB)
    t.same(await lengths(client.serverStream({}, { headers })), [MiB, MiB])
    t.ok(proxy.down.bytes < MiB / 10, `${proxy.down.bytes} bytes of three mebibytes came down`)
  },
  { needs: 'gzip answers', over: ['plain text'] }
)

against(
  'messages in gzip go both ways at a time',
  async (t, start) => {
    const proxy = await startProxy(t, await start(t, { gzipAnswers: true }))
    const { client } = open(t, proxy, { sendCompression: 'gzip' })
    const headers = asking({ id: 'packed' })
    t.ok(value.equals((await client.unary({ value }, { headers })).value))
    t.same(await lengths(client.bidiStream(messages(), { headers })), [MiB, MiB])
    t.ok(proxy.up.bytes + proxy.down.bytes < MiB / 10)
  },
  { needs: 'gzip answers', over: ['plain text'] }
)
