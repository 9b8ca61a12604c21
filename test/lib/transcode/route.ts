import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  type MessageInitShape
} from '@bufbuild/protobuf'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { type BindInput, type CompiledRoute, compileRoute, type RouteOptions } from '../../../lib/transcode/bind.ts'
import type { BindError } from '../../../lib/transcode/errors.ts'

/** The route of a method's rule; the first unless another index is given. */
export function routeOf(method: DescMethod, options: RouteOptions = {}, index = 0): CompiledRoute {
  return compileRoute(httpRules(method)[index]!, options)
}

/** What is sent: `GET`-less, as the method is the route's. */
export interface Sent {
  /** Path and query, as in a request line. */
  url: string
  body?: unknown
  claims?: BindInput['claims']
}

/** The message that the upstream would read. */
export function bind(route: CompiledRoute, { url, body, claims }: Sent): Message {
  const [rawPath = '', rawQuery = ''] = url.split('?')
  const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const { wire } = route.bind({ rawPath, rawQuery, body: text, claims })
  return fromBinary(route.rule.method.input, wire)
}

/** What is wrong with a request, one line each: `field: description`. Empty when nothing is. */
export function refusals(route: CompiledRoute, sent: Sent): string[] {
  try {
    bind(route, sent)
    return []
  } catch (error) {
    return (error as BindError).violations.map(({ field, description }) => `${field}: ${description}`)
  }
}

/** A message, for comparison. */
export function message<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): Message {
  return create(desc, init)
}
