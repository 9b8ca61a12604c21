import type { Profiler } from 'node:inspector'
import t from 'tap'
import { topsOf } from '../../../bench/profile/top.ts'

const root = '/home/ada/sluice/'

interface Frame {
  name: string
  url: string
  micros: number
  /** V8 and Node have 0 for what is none of JavaScript. Default: 1. */
  scriptId?: string
  /** The place of the caller among the frames. Default: there is none. */
  caller?: number
}

/** A profile with a sample in each of the frames. */
function profileOf(...frames: Frame[]): Profiler.Profile {
  return {
    nodes: frames.map(({ name, url, scriptId = '1' }, index) => ({
      id: index + 1,
      callFrame: { functionName: name, url, lineNumber: 9, columnNumber: 0, scriptId },
      children: frames.flatMap(({ caller }, other) => (caller === index ? [other + 1] : []))
    })),
    samples: frames.map((_frame, index) => index + 1),
    timeDeltas: frames.map(({ micros }) => micros),
    startTime: 0,
    endTime: 0
  }
}

t.test('the dearest come first, by function, file and area', async t => {
  const profile = profileOf(
    { name: 'bind', url: `file://${root}lib/transcode/bind.ts`, micros: 5 },
    { name: 'concat', url: `file://${root}lib/transcode/bind.ts`, micros: 1 },
    { name: '', url: `file://${root}lib/transcode/query.ts`, micros: 2 },
    { name: 'startSpan', url: `file://${root}plugins/tracing.ts`, micros: 3 },
    { name: 'send', url: `file://${root}node_modules/fastify/lib/reply.js`, micros: 4 },
    { name: 'f', url: `file://${root}node_modules/a/node_modules/@b/c/index.js`, micros: 7 }
  )
  t.same(topsOf(profile, root), {
    busy: 22,
    function: [
      ['f  node_modules/a/node_modules/@b/c/index.js:10', 7],
      ['bind  lib/transcode/bind.ts:10', 5],
      ['send  node_modules/fastify/lib/reply.js:10', 4],
      ['startSpan  plugins/tracing.ts:10', 3],
      ['(anonymous)  lib/transcode/query.ts:10', 2],
      ['concat  lib/transcode/bind.ts:10', 1]
    ],
    file: [
      ['node_modules/a/node_modules/@b/c/index.js', 7],
      ['lib/transcode/bind.ts', 6],
      ['node_modules/fastify/lib/reply.js', 4],
      ['plugins/tracing.ts', 3],
      ['lib/transcode/query.ts', 2]
    ],
    area: [
      ['lib/transcode', 8],
      ['@b/c', 7],
      ['fastify', 4],
      ['plugins/tracing', 3]
    ]
  })
})

t.test('all calls of a function count together, whoever calls it', async t => {
  const url = `file://${root}lib/codec/varint.ts`
  const profile = profileOf({ name: 'read', url, micros: 1 }, { name: 'read', url, micros: 2 })
  t.same(topsOf(profile, root).function, [['read  lib/codec/varint.ts:10', 3]])
})

t.test('a folder with a space in its name is the project all the same', async t => {
  const profile = profileOf({ name: 'a', url: 'file:///home/ada%20l/lib/codec/varint.ts', micros: 1 })
  t.same(topsOf(profile, '/home/ada l/').file, [['lib/codec/varint.ts', 1]])
})

t.test('modules of Node, native functions and what V8 does by itself are told apart', async t => {
  const profile = profileOf(
    { name: 'emit', url: 'node:events', micros: 1 },
    { name: 'push', url: 'node:internal/streams/readable', micros: 2 },
    { name: '(garbage collector)', url: '', scriptId: '0', micros: 3 },
    { name: '(program)', url: '', scriptId: '0', micros: 4 },
    { name: 'writev', url: '', scriptId: '0', micros: 5 }
  )
  const { area, function: functions } = topsOf(profile, root)
  t.same(area, [
    ['(native)', 5],
    ['(program)', 4],
    ['(garbage collector)', 3],
    ['node:internal/streams', 2],
    ['node:events', 1]
  ])
  t.same(functions[0], ['writev  (native)', 5])
})

t.test('a generated function counts for the file that calls it, through other generated ones', async t => {
  const profile = profileOf(
    { name: 'find', url: `file://${root}node_modules/find-my-way/index.js`, micros: 1 },
    { name: 'match', url: '', scriptId: '7', caller: 0, micros: 2 },
    { name: '', url: '', scriptId: '7', caller: 1, micros: 3 }
  )
  const made = 'node_modules/find-my-way/index.js (generated)'
  const { area, file, function: functions } = topsOf(profile, root)
  t.same(functions, [
    [`(anonymous)  ${made}`, 3],
    [`match  ${made}`, 2],
    ['find  node_modules/find-my-way/index.js:10', 1]
  ])
  t.same(file[0], [made, 5])
  t.same(area, [['find-my-way', 6]])
})

t.test('a generated function that no file calls is one of no file', async t => {
  const profile = profileOf({ name: 'serialize', url: '', scriptId: '7', micros: 1 })
  t.same(topsOf(profile, root).area, [['(generated)', 1]])
})

t.test('time without work, and the profiler itself, do not count', async t => {
  const profile = profileOf(
    { name: '(idle)', url: '', scriptId: '0', micros: 100 },
    { name: 'post', url: 'node:inspector', micros: 50 },
    { name: 'work', url: 'node:net', micros: 1 }
  )
  t.equal(topsOf(profile, root).busy, 1)
})
