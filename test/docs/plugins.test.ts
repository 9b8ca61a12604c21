// docs/plugins.md and the pages of the plugins, held against the plugins.
import t from 'tap'
import { pluginNames } from '../package/alone.ts'
import { exists, readText } from '../stack.ts'

const rows = readText('docs/plugins.md').split('\n')

interface Row {
  specifier: string
  needs: string
  /** The file of its page. */
  page: string
}

function rowOf(name: string): Row {
  const row = rows.find(line => line.startsWith(`| \`${name}\` |`)) ?? ''
  const [, specifier = '', needs = '', , page = ''] = row.split(' | ')
  return { specifier, needs, page: /\]\(([\w-]+\.md)/.exec(page)?.[1] ?? '' }
}

/** The names of the options that the interfaces of a plugin have. */
function optionsOf(name: string): string[] {
  const files = [`plugins/${name}.ts`, `plugins/${name}/options.ts`].filter(exists)
  const bodies = files.flatMap(file =>
    [
      ...readText(file).matchAll(/^export interface (?!Checked)\w+(?:Options|Settings|Route)\b[^{]*\{\n(.*?)^\}/gms)
    ].map(([, body = '']) => body)
  )
  return bodies.flatMap(body => [...body.matchAll(/^ {2}(\w+)\??: /gm)].map(([, option = '']) => option))
}

for (const name of pluginNames) {
  t.test(`${name} is listed with what it needs`, async t => {
    const { default: plugin } = await import(`../../plugins/${name}.ts`)
    const needs: string[] = plugin[Symbol.for('plugin-meta')].dependencies
    const listed = needs.map(need => `\`${need.replace('sluice-', '')}\``).join(', ')
    t.match(rowOf(name), { specifier: `\`sluice/plugins/${name}\``, needs: listed || '-' })
  })

  t.test(`the page of ${name} shows how it is imported, and says what it needs and all of its options`, async t => {
    const page = readText(`docs/${rowOf(name).page}`)
    t.ok(page.includes(`from 'sluice/plugins/${name}'`), 'how it is imported')
    for (const option of optionsOf(name))
      t.ok(new RegExp(`\`[\\w. ]*\\b${option}\\b|\\.${option}\``).test(page), option)
  })
}

t.test('options are found where there are some', async t => {
  t.same(optionsOf('health'), ['timeoutMs', 'cacheMs'])
  t.same(optionsOf('completion'), [])
})
