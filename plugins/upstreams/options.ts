import type { DescService } from '@bufbuild/protobuf'
import { StartError } from '../../errors.ts'
import type { BulkheadOptions } from '../../lib/policies/bulkhead.ts'
import type { RetryBudgetOptions } from '../../lib/policies/retry-budget.ts'
import type { ChannelOptions } from '../../lib/upstream/channel/options.ts'

/** How an upstream is called. All of it has defaults. */
export interface UpstreamSettings extends Omit<ChannelOptions, 'name' | 'target' | 'onEvent' | 'headersTimeoutMs'> {
  /** Bounds the unary calls that are under way, and those that wait for one of them to end. */
  bulkhead?: BulkheadOptions
  /** How many streams may be open at once; none waits for another to end. Default 10,000. */
  maxStreams?: number
  /** How many times a call is made at most, when it may be made again. 1: once. Default 3. */
  maxAttempts?: number
  /** How many calls may be made again. */
  retryBudget?: Pick<RetryBudgetOptions, 'ratio' | 'floor'>
}

export interface UpstreamOptions extends UpstreamSettings {
  /** Where it is, such as `http://host:port`: see docs/upstreams.md. */
  target: string
  /** What `request.clients` calls by the name of this upstream. Default: nothing, there is no such client. */
  service?: DescService
}

export interface UpstreamsOptions {
  /** By their names; at least one. */
  upstreams: Readonly<Record<string, UpstreamOptions>>
  /** What holds for all that do not say otherwise. */
  settings?: UpstreamSettings
  /** The deadline of requests whose policy names none, in milliseconds. Default 5,000. */
  timeoutMs?: number
}

export type CheckedUpstreamsOptions = ReturnType<typeof checkUpstreamsOptions>

/** @throws {StartError} SLUICE_ERR_OPTION_INVALID for what no upstream can be made with. */
export function checkUpstreamsOptions({ upstreams, settings = {}, timeoutMs = 5_000 }: UpstreamsOptions) {
  if (!(timeoutMs > 0)) throw invalid('upstreams', 'timeoutMs must be above 0')
  if (Object.keys(upstreams).length === 0) throw invalid('upstreams', 'there must be at least one')
  return { upstreams, settings, timeoutMs }
}

/** @throws {StartError} SLUICE_ERR_OPTION_INVALID for what is not the channel's, which checks its own. */
export function checkUpstreamSettings(name: string, settings: UpstreamSettings): void {
  const { bulkhead = {}, maxStreams = 1, maxAttempts = 1, retryBudget = {} } = settings
  const { maxInFlight = 1, maxWaiting = 0 } = bulkhead
  const { ratio = 0, floor = 0 } = retryBudget
  const rules: [boolean, string][] = [
    [isCount(maxInFlight, 1), 'bulkhead.maxInFlight must be a whole number above 0'],
    [isCount(maxWaiting, 0), 'bulkhead.maxWaiting must be a whole number that is not below 0'],
    [isCount(maxStreams, 1), 'maxStreams must be a whole number above 0'],
    [isCount(maxAttempts, 1) && maxAttempts <= 3, 'maxAttempts must be from 1 to 3'],
    [ratio >= 0 && ratio <= 1, 'retryBudget.ratio must be from 0 to 1'],
    [floor >= 0 && floor < Number.POSITIVE_INFINITY, 'retryBudget.floor must not be below 0']
  ]
  const broken = rules.find(([holds]) => !holds)
  if (broken !== undefined) throw invalid(`upstream "${name}"`, broken[1])
}

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least
}

function invalid(what: string, problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', [what, problem])
}
