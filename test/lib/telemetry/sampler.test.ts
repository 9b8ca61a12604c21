import t from 'tap'
import { samplerFromEnvironment } from '../../../lib/telemetry/sampler.ts'

for (const [name, share, told] of [
  ['', '', 'ParentBased{root=AlwaysOnSampler'],
  ['always_on', '', 'AlwaysOnSampler'],
  ['always_off', '', 'AlwaysOffSampler'],
  ['traceidratio', '0.25', 'TraceIdRatioBased{0.25}'],
  ['traceidratio', '', 'TraceIdRatioBased{1}'],
  ['parentbased_always_on', '', 'ParentBased{root=AlwaysOnSampler'],
  ['parentbased_always_off', '', 'ParentBased{root=AlwaysOffSampler'],
  ['parentbased_traceidratio', '0.1', 'ParentBased{root=TraceIdRatioBased{0.1}']
] as const) {
  t.test(`OTEL_TRACES_SAMPLER="${name}" with "${share}"`, async t => {
    process.env.OTEL_TRACES_SAMPLER = name
    process.env.OTEL_TRACES_SAMPLER_ARG = share
    t.equal(String(samplerFromEnvironment()).slice(0, told.length), told)
  })
}
