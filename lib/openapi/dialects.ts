import { printDefaults } from '../codec/to-json/scope.ts'
import { messagesIn } from '../transcode/validated-types.ts'
import type { CommentOf } from './comments.ts'
import type { Components } from './components.ts'
import type { Dialect } from './dialect.ts'
import type { DescribedRoute } from './route.ts'

/**
 * Decides how each route writes values, and how the schemas are named: by the full name of the message. A message that is
 * both asked and answered is two schemas, as answers always have what requests may leave out; and the routes of one gateway
 * may print differently.
 */
export function createDialects(
  routes: readonly DescribedRoute[],
  components: Components,
  commentOf: CommentOf
): (route: DescribedRoute) => { request: Dialect; response: Dialect } {
  const answered = new Set([...messagesIn(...routes.map(({ rule }) => rule.method.output))].map(desc => desc.typeName))
  const nullable = new Set(routes.flatMap(({ print }) => [...(print.nulls ?? [])].map(String)))
  const styles = new Map<string, string>()
  return ({ print }) => {
    const { fieldNames, implicitFields, enums, int64 } = { ...printDefaults, ...print }
    const style = JSON.stringify([fieldNames, implicitFields, enums, int64])
    if (!styles.has(style)) styles.set(style, styles.size === 0 ? '' : `-${styles.size + 1}`)
    const suffix = styles.get(style)!
    const shared = { fieldNames, implicitFields, enums, int64, commentOf, components }
    return {
      request: {
        ...shared,
        side: 'request',
        isNullable: () => false,
        nameOf: typeName => `${typeName}${answered.has(typeName) ? '-request' : ''}${suffix}`
      },
      response: {
        ...shared,
        side: 'response',
        isNullable: field => nullable.has(String(field)),
        nameOf: typeName => `${typeName}${suffix}`
      }
    }
  }
}

/** How the details of errors are written, which is the same for all routes. */
export function detailDialect(components: Components): Dialect {
  return {
    side: 'response',
    fieldNames: 'proto',
    implicitFields: false,
    enums: 'name',
    int64: 'string',
    isNullable: () => false,
    nameOf: typeName => `${typeName}-detail`,
    commentOf: () => '',
    components
  }
}
