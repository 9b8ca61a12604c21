// The same when nothing is exported: traces go through the gateway all the same.
import t from 'tap'
import { checkW3cCases } from './w3c.ts'

await checkW3cCases(t, (t, told, { goesOn, headers }) => {
  const sent = headers.find(([name]) => name.toLowerCase() === 'traceparent')?.[1] ?? ''
  if (goesOn) t.match(sent, told.spanId, 'the gateway has no span: the caller of the service is that of the gateway')
})
