// What is known of all suites: bench/results.json.
import type { Suite } from '../suite.ts'
import type { Environment } from './environment.ts'

export interface Results {
  /** Of the suites that compare whole gateways, as the newest of these saw them. */
  contenders: Participant[]
  suites: Record<string, Recorded>
}

/** Who takes part, or would. */
export interface Participant {
  /** As in `PEER=`. */
  id: string
  /** As in the tables. */
  title: string
  /** Empty: it did not take part. */
  version: string
  /** What it can be: `bare`, `full`. */
  modes: readonly string[]
  /** How it differs, in Markdown. */
  remarks: string
  /** Why it did not take part; null: it did. */
  missing: string | null
}

export interface Recorded {
  environment: Environment
  tables: Suite[]
}

/** What one suite found. `contenders`: absent when it does not compare whole gateways. */
export interface Found {
  name: string
  recorded: Recorded
  contenders?: Participant[]
}

/**
 * Puts what a suite found beside what is known of the others.
 *
 * @param names of all suites, in the order of the page: what has another name is of no use any more
 */
export function merge(results: Results, { name, recorded, contenders }: Found, names: readonly string[]): Results {
  const suites = { ...results.suites, [name]: recorded }
  return only({ contenders: contenders ?? results.contenders, suites }, names)
}

/** What is known of the suites that there are, in their order. */
export function only({ contenders, suites }: Results, names: readonly string[]): Results {
  const known = names.filter(name => suites[name] !== undefined).map(name => [name, suites[name]!] as const)
  return { contenders, suites: Object.fromEntries(known) }
}

/** As JSON that can be compared line by line: keys in a fixed order, a line for each contender, figures of six digits. */
export function serialize({ contenders, suites }: Results): string {
  const ordered = Object.entries(suites).map(([name, recorded]) => [name, inOrder(recorded)])
  const text = JSON.stringify({ contenders, suites: Object.fromEntries(ordered) }, shortened, 2)
  return `${text.replaceAll(/\{[^{}]*"rounds"[^{}]*\}/g, lines => lines.replaceAll(/\n\s*/g, ' '))}\n`
}

function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}

function inOrder({ environment, tables }: Recorded): Recorded {
  return {
    environment,
    tables: tables.map(({ id, title, text, unit, ratiosTo, growsFrom, method, cases }) => ({
      ...(id !== undefined && { id }),
      title,
      text,
      unit,
      ...(ratiosTo !== undefined && { ratiosTo }),
      ...(growsFrom !== undefined && { growsFrom }),
      ...(method !== undefined && { method }),
      cases
    }))
  }
}

/** The table of an id; undefined: it was not measured yet. */
export function tableOf({ suites }: Results, id: string): Suite | undefined {
  return Object.values(suites)
    .flatMap(({ tables }) => tables)
    .find(table => table.id === id)
}
