import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/** The repository's root, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url))

export interface ComposeService {
  image?: string
  build?: { context: string; target: string }
  command?: string[]
  environment?: Record<string, string | null>
  volumes?: string[]
  ports?: string[]
  networks?: string[]
  healthcheck?: { test: string[] }
  depends_on?: string[] | Record<string, unknown>
  mem_limit?: string
  stop_grace_period?: string
}

export interface ComposeFile {
  services: Record<string, ComposeService>
  volumes: Record<string, unknown>
  networks: Record<string, unknown>
}

export function readText(path: string): string {
  return readFileSync(resolve(root, path), 'utf8')
}

export function readYaml<Content>(path: string): Content {
  return parse(readText(path), { merge: true }) as Content
}

export function readCompose(): ComposeFile {
  return readYaml<ComposeFile>('compose.yaml')
}

export function exists(path: string): boolean {
  return existsSync(resolve(root, path))
}

/** Paths below the root that match one of the patterns. */
export function find(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root })
}

/** The secrets that .env.example leaves to the operator, with values for a test. */
export const secrets = {
  JWT_SECRET: 'a-secret-of-at-least-thirty-two-bytes',
  POSTGRES_PASSWORD: 'postgres0password',
  GRAFANA_ADMIN_PASSWORD: 'grafana0password'
}

/** A `${NAME}` in compose.yaml: `:-` and `-` bring a default, `:?` refuses to go on without a value. */
export interface Substitution {
  name: string
  operator: '' | ':-' | '-' | ':?'
  argument: string
}

export function substitutionsIn(text: string): Substitution[] {
  return [...text.matchAll(/\$\{(\w+)(:-|-|:\?)?([^}]*)\}/g)].map(([, name = '', operator = '', argument = '']) => ({
    name,
    operator: operator as Substitution['operator'],
    argument
  }))
}

/** The environment that a container gets when nothing but `given` is set. */
export function environmentOf(service: ComposeService, given: Record<string, string>): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(service.environment ?? {})) {
    if (value !== null) environment[name] = substitute(value, given)
    else if (given[name] !== undefined) environment[name] = given[name]
  }
  return environment
}

function substitute(text: string, given: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::?-([^}]*))?[^}]*\}/g, (_all, name, fallback) => given[name] ?? fallback ?? '')
}

/** The variables that .env.example documents; a commented line shows the default. */
export function documentedVariables(): Map<string, { value: string; isDefault: boolean }> {
  const lines = readText('.env.example').matchAll(/^(#?)([A-Z][A-Z0-9_]*)=(.*)$/gm)
  return new Map([...lines].map(([, mark, name = '', value = '']) => [name, { value, isDefault: mark === '#' }]))
}
