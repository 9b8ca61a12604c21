import { parseArgs } from 'node:util'
import { StartError } from '../../errors.ts'
import { parseTarget, TargetError } from '../upstream/channel/target.ts'

export const usage = `Usage: sluice --upstream [SERVICE=]ADDRESS... [--descriptors FILE] [--public] [--port PORT]

Serves gRPC services over HTTP+JSON, by the google.api.http rules in their descriptors.

  --upstream [SERVICE=]ADDRESS  where the services are: host:port, https://host, or any other target of
                                docs/upstreams.md. With SERVICE, such as shop.user.v1.UserService=localhost:9001,
                                only that one.
  --descriptors FILE            a FileDescriptorSet, as \`buf build -o FILE\` and
                                \`protoc --include_imports --descriptor_set_out=FILE\` write it.
                                Without it, each upstream is asked by gRPC server reflection.
  --public                      anybody may call what has no sluice.v1.policy. Without it, only with a token.
  --port PORT                   the port to listen on, instead of the variable PORT (8080).
  --help                        this text

Everything else is set by variables of the environment: see docs/configuration.md.
`

/** What `sluice` was asked for. */
export interface Arguments {
  help: boolean
  /** The file of the descriptors; null: ask the upstreams. */
  descriptors: string | null
  upstreams: readonly UpstreamArgument[]
  /** Whether methods without a policy are open to anybody. */
  isPublic: boolean
  port: string | null
}

export interface UpstreamArgument {
  /** The full name of the only service that is there; null: all that no other argument names. */
  service: string | null
  /** Where it is, as `parseTarget` reads it: `localhost:9001`. */
  target: string
}

/**
 * Reads the arguments of `sluice`.
 *
 * @throws {StartError} SLUICE_ERR_ARGUMENT_INVALID
 */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parse(args)
  const upstreams = (values.upstream ?? []).map(parseUpstream)
  if (upstreams.length === 0 && !values.help) throw invalid('--upstream is missing')
  for (const [index, { service }] of upstreams.entries()) {
    const isTwice = upstreams.findIndex(other => other.service === service) !== index
    if (service !== null && isTwice) throw invalid(`--upstream: ${service} has two addresses`)
    if (service === null && isTwice && values.descriptors !== undefined) {
      throw invalid('--upstream: with --descriptors, only one address can be for all services')
    }
  }
  return {
    help: values.help,
    descriptors: values.descriptors ?? null,
    upstreams,
    isPublic: values.public,
    port: values.port ?? null
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        descriptors: { type: 'string' },
        upstream: { type: 'string', multiple: true },
        public: { type: 'boolean', default: false },
        port: { type: 'string' }
      }
    })
  } catch (error) {
    // What follows the first line is how to write an argument that looks like an option.
    throw invalid((error as Error).message.split('\n')[0]!, error)
  }
}

function parseUpstream(text: string): UpstreamArgument {
  const [, service = null, target = ''] = /^(?:([\w.]+)=)?(.*)$/.exec(text) ?? []
  try {
    return { service, target: parseTarget(target).text }
  } catch (error) {
    if (error instanceof TargetError)
      throw invalid(`--upstream ${withoutUser(text)} must be [SERVICE=]host:port: ${error.message}`, error)
    throw error
  }
}

/** As it was given, but for what somebody may have written before an `@`. */
function withoutUser(text: string): string {
  return JSON.stringify(text.replace(/[^=/,]*@/g, '***@'))
}

function invalid(problem: string, cause?: unknown): StartError {
  return new StartError('SLUICE_ERR_ARGUMENT_INVALID', [problem], { cause })
}
