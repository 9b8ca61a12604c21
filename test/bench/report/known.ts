import { cases } from '../../../bench/cases.ts'
import type { Environment } from '../../../bench/report/environment.ts'
import type { Participant, Recorded, Results } from '../../../bench/report/results.ts'
import { type Method, type Suite, summarize } from '../../../bench/suite.ts'

export const environment: Environment = {
  date: '2026-11-23',
  commit: 'abc1234',
  isModified: false,
  node: 'v24.21.0',
  cpu: 'a CPU',
  cores: 4,
  kernel: 'Linux 6.1',
  memoryGiB: 16
}

export const method: Method = { rounds: 3, turnMs: 1500, isPinned: true }

export function participant(id: string, title: string, missing: string | null = null): Participant {
  const version = missing === null ? `${title} 1.0` : ''
  return { id, title, version, modes: ['bare', 'full'], remarks: `Remark on ${title}.`, missing }
}

/** What some contenders cost, in rounds, by case. */
export function costs(id: string, found: Record<string, Record<string, number[]>>): Suite {
  const rows = Object.entries(found).map(([name, contenders]) => ({
    name,
    contenders: Object.entries(contenders).map(([title, rounds]) => summarize(title, rounds))
  }))
  return { id, title: `Costs of ${id}`, text: 'As measured.', unit: 'µs', ratiosTo: [], method, cases: rows }
}

export function recorded(...tables: Suite[]): Recorded {
  return { environment, tables }
}

/** All that the goals ask for, with CPU and memory that Sluice takes as given. */
export function known({ bare = 18, full = 50, memory = [100, 100] } = {}): Results {
  const [one, list] = [cases.product.title, cases.list20.title]
  const others = { 'Gin + grpc-go': [100, 100, 100], 'grpc-gateway': [90, 90, 90], 'vanguard-go': [80, 80, 80] }
  const costsOf = (ours: number) => ({
    [one]: { 'bare Fastify': [10, 10, 10], Sluice: [ours, ours, ours], ...others, Envoy: [40, 40, 40] },
    [list]: { 'bare Fastify': [20, 20, 20], Sluice: [70, 72, 71], ...others }
  })
  const tokens = (ours: number) => ({ Sluice: [ours], 'Gin + grpc-go': [100] })
  const memories = memory.map((megabytes, index) => [`MB after ${index}`, { Sluice: [megabytes] }])
  const footprint = (mode: string) => ({
    ...costs(`footprint-${mode}`, Object.fromEntries(memories)),
    growsFrom: 'MB after 0'
  })
  return {
    contenders: [
      participant('fastify', 'bare Fastify'),
      participant('sluice', 'Sluice'),
      participant('gin', 'Gin + grpc-go'),
      participant('grpc-gateway', 'grpc-gateway'),
      participant('vanguard', 'vanguard-go'),
      participant('envoy', 'Envoy'),
      participant('nginx', 'nginx', 'it is not installed')
    ],
    suites: {
      bare: recorded(costs('bare', costsOf(bare))),
      full: recorded(costs('full', costsOf(full))),
      tokens: recorded(costs('tokens', { one: tokens(50), each: tokens(80) })),
      footprint: recorded(footprint('bare'), footprint('full'))
    }
  }
}
