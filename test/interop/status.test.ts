import { Code, ConnectError } from '@connectrpc/connect'
import { ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.ts'
import { Health } from '../../gen/grpc/health/v1/health_pb.ts'
import { type Ask, asking } from './ask.ts'
import { lengths, startAndOpen } from './client.ts'
import { against } from './subjects.ts'

const codes = Object.values(Code).filter(code => typeof code === 'number')

/** Needs the percent-encoding of `grpc-message` in every way (PROTOCOL-HTTP2.md of gRPC, "Status-Message"). */
const text = 'kein Gerät ab 3 €:\n100 %25, 😀 \u007f~'

function refusing(code: number): Ask {
  return { id: 'refused', error: { code, text: `${text} ${code}`, reason: `REASON_${code}` } }
}

async function* noMessages(): AsyncGenerator<never> {}

against('errors keep their code, text and details, whatever they are', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  t.equal(codes.length, 16)
  for (const code of codes) {
    const headers = asking(refusing(code))
    const calls: (() => Promise<unknown>)[] = [
      () => client.unary({}, { headers }),
      () => client.clientStream(noMessages(), { headers }),
      () => lengths(client.serverStream({}, { headers })),
      () => lengths(client.bidiStream(noMessages(), { headers }))
    ]
    for (const call of calls) {
      const error = ConnectError.from(await call().catch(error => error))
      t.match(error, { code, rawMessage: `${text} ${code}` })
      t.match(error.findDetails(ErrorInfoSchema), [{ reason: `REASON_${code}` }])
    }
  }
})

against('an error comes behind the messages that went before it', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const headers = asking({ ...refusing(Code.Aborted), answers: 3, answerBytes: 100 })
  const heard: number[] = []
  const reading = async () => {
    for await (const { value } of client.serverStream({}, { headers })) heard.push(value.length)
  }
  await t.rejects(reading(), { code: Code.Aborted, rawMessage: `${text} ${Code.Aborted}` })
  t.same(heard, [100, 100, 100])
})

against('metadata comes with an error', async (t, start) => {
  const { client } = await startAndOpen(t, start)
  const headers = { ...asking(refusing(Code.NotFound)), 'echo-why': 'gone' }
  const error = ConnectError.from(await client.unary({}, { headers }).catch(error => error))
  t.equal(error.metadata.get('echo-why'), 'gone')
})

against('a method that the server does not have is unimplemented', async (t, start) => {
  const { wire, client } = await startAndOpen(t, start)
  // As the server's health would be asked for, which these servers do not tell.
  await t.rejects(wire.unary(Health.method.check, new Uint8Array()), { code: Code.Unimplemented })
  t.equal(
    (await client.unary({}, { headers: asking({ id: 'known' }) })).value.length,
    0,
    'the connection is none the worse'
  )
})
