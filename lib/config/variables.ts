import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isKeySetUrl } from '../auth/key-set-url.ts'
import { isProxyRange } from '../http/guard/proxies.ts'
import { weaknessOf } from '../jwt-secret.ts'
import { parseTarget, TargetError } from '../upstream/channel/target.ts'

/** What a variable of the environment is: how its text is read, what holds without it, and what it means. */
export interface Variable<Value> {
  /** One line for docs/configuration.md. */
  doc: string
  /** The text that holds when the variable is not set or empty; null when it must be set. */
  fallback: string | null
  /** Another fallback with NODE_ENV=development. */
  developmentFallback?: string
  /** @throws {Refusal} that says what the value must be, never the value itself */
  parse(text: string, development: boolean): Value
}

/** Why a value cannot be taken: "must be ...". */
export class Refusal extends Error {}

export function text(doc: string, fallback: string) {
  return { doc, fallback, parse: (given: string) => given }
}

export function integer(doc: string, fallback: string, min: number, max: number) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const value = Number(given)
      if (/^\d{1,10}$/.test(given) && value >= min && value <= max) return value
      throw new Refusal(`must be a whole number from ${min} to ${max}`)
    }
  }
}

/** What need not be. Null: it is not. */
export function optional<Value>({ doc, parse }: { doc: string; parse(given: string): Value }) {
  return { doc, fallback: '', parse: (given: string) => (given === '' ? null : parse(given)) }
}

/** A port that need not be. Null: there is none. */
export function port(doc: string) {
  return optional(integer(doc, '', 0, 65_535))
}

/** Where an issuer publishes its keys; null: it does not. */
export function keySetUrl(doc: string) {
  return optional({
    doc,
    parse(given: string) {
      if (isKeySetUrl(given, true)) return given
      throw new Refusal('must be an address with https: or http:')
    }
  })
}

/** Where a Redis is; null: there is none. */
export function redisUrl(doc: string) {
  return optional({
    doc,
    parse(given: string) {
      const url = URL.canParse(given) ? new URL(given) : null
      if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return given
      throw new Refusal('must be redis://host:port or rediss://host:port')
    }
  })
}

export function decimal(doc: string, fallback: string, max: number) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const value = Number(given)
      if (/^\d{0,10}\.?\d{1,10}$/.test(given) && value > 0 && value <= max) return value
      throw new Refusal(`must be a number above 0 and up to ${max}`)
    }
  }
}

export function choice<const Choice extends string>(doc: string, fallback: Choice, choices: readonly Choice[]) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const chosen = choices.find(candidate => candidate === given)
      if (chosen !== undefined) return chosen
      throw new Refusal(`must be one of ${choices.join(', ')}`)
    }
  }
}

export function target(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string) {
      try {
        return parseTarget(given).text
      } catch (error) {
        if (error instanceof TargetError) throw new Refusal(`must say where the service is: ${error.message}`)
        throw error
      }
    }
  }
}

/** Read when the gateway starts, and not again. Null: there is none. */
export function pemFile(doc: string) {
  return {
    doc,
    fallback: '',
    parse(path: string): Buffer | null {
      if (path === '') return null
      try {
        return readFileSync(path)
      } catch (error) {
        throw new Refusal(`must be a file that can be read (${(error as NodeJS.ErrnoException).code})`)
      }
    }
  }
}

export function endpoint(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const protocol = URL.parse(given)?.protocol
      if (given === '' || protocol === 'http:' || protocol === 'https:') return given
      throw new Refusal('must be a URL that begins with http:// or https://')
    }
  }
}

export function audience(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string) {
      if (given !== 'internal') return given
      throw new Refusal('must not be "internal": that marks the tokens of services')
    }
  }
}

export function secret(doc: string) {
  return {
    doc,
    fallback: null,
    /** Keys leave the configuration as bytes: a text could be taken for a key of another kind. */
    parse(given: string, development: boolean) {
      const weakness = development ? null : weaknessOf(given)
      if (weakness === null) return Buffer.from(given)
      throw new Refusal(weakness)
    }
  }
}

/**
 * A number of hops would trust nobody since Fastify 5.12.1, so that all clients behind a balancer share one address, and
 * `true` would let every client choose its own: neither is taken.
 */
export function proxies(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string): false | string[] {
      if (given === 'false') return false
      const ranges = given.split(',').map(range => range.trim())
      if (ranges.every(isProxyRange)) return ranges
      throw new Refusal('must be false or a list of addresses and CIDR ranges, such as 10.0.0.0/8,fd00::/8')
    }
  }
}

/**
 * Read when the gateway starts, and not again: `{ "routes": [...] }`. Authorities are taken from the files that `caFile`
 * names, from where that file is; all else is checked by the plugin. Null: there is none.
 */
export function proxyFile(doc: string) {
  return optional({
    doc,
    parse(path: string): { routes: object[] } {
      const { routes } = readJson(path) as { routes?: unknown }
      if (!Array.isArray(routes) || !routes.every(route => typeof route === 'object' && route !== null)) {
        throw new Refusal('must be a file with {"routes": [{...}]}')
      }
      return { routes: routes.map(route => withAuthorities(route, path)) }
    }
  })
}

function readJson(path: string): object {
  const text = readPart(path)
  try {
    return Object(JSON.parse(text))
  } catch {
    throw new Refusal('must be a file of JSON')
  }
}

function withAuthorities({ caFile, ...route }: { caFile?: unknown }, path: string): object {
  return caFile === undefined ? route : { ...route, ca: readPart(resolve(dirname(path), String(caFile))) }
}

function readPart(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Refusal(
      `must be a file that can be read, as its caFile must be (${(error as NodeJS.ErrnoException).code})`
    )
  }
}
