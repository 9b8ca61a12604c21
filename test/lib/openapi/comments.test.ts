import { create, createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import t from 'tap'
import { commentsFrom } from '../../../lib/openapi/comments.ts'
import comments from '../../fixtures/gen/comments.json' with { type: 'json' }
import { LibraryService } from '../../fixtures/gen/fixture/v1/library_pb.ts'

/** A message with a nested message and a nested enum, where each has a comment, as `buf build` leaves them. */
function readFromImage(comments: Record<string, { leading?: string; trailing?: string }>) {
  const location = Object.entries(comments).map(([path, { leading = '', trailing = '' }]) => ({
    path: path.split('.').map(Number),
    leadingComments: leading,
    trailingComments: trailing
  }))
  const outer = {
    name: 'Outer',
    field: [{ name: 'a', number: 1, type: 9, label: 1 }],
    nestedType: [{ name: 'Inner' }],
    enumType: [{ name: 'Kind', value: [{ name: 'NONE', number: 0 }] }]
  }
  const file = { name: 'a.proto', package: 'a', syntax: 'proto3', messageType: [outer], sourceCodeInfo: { location } }
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }))
}

t.test('generated code has its comments from the table', async t => {
  const commentOf = commentsFrom(comments)
  t.equal(commentOf(LibraryService.method.createBook), 'A body that is the whole request, and a status other than 200.')
  t.equal(commentOf(LibraryService.method.deleteBook), '', 'one without a comment has none')
  t.equal(commentsFrom()(LibraryService.method.createBook), '')
})

t.test('descriptors of an image have their comments with them', async t => {
  const registry = readFromImage({
    '4.0': { leading: ' A message.\n' },
    '4.0.2.0': { trailing: ' A field.\n' },
    '4.0.3.0': { leading: ' A nested message.\n' },
    '4.0.4.0': { leading: ' A nested enum.\n' },
    '4.0.4.0.2.0': { leading: ' A value.\n' }
  })
  const commentOf = commentsFrom()
  t.equal(commentOf(registry.getMessage('a.Outer')!), 'A message.')
  t.equal(commentOf(registry.getMessage('a.Outer')!.fields[0]!), 'A field.')
  t.equal(commentOf(registry.getMessage('a.Outer.Inner')!), 'A nested message.')
  t.equal(commentOf(registry.getEnum('a.Outer.Kind')!), 'A nested enum.')
  t.equal(commentOf(registry.getEnum('a.Outer.Kind')!.values[0]!), 'A value.')
})

const texts: [what: string, comment: string, text: string][] = [
  ['lines of a paragraph are joined', ' One\n two.\n', 'One two.'],
  ['paragraphs stay apart', ' One.\n\n Two.\n', 'One.\n\nTwo.'],
  ['a list stays a list', ' Either:\n - one\n - two\n', 'Either:\n- one\n- two'],
  ['instructions to the linter are left out', ' buf:lint:ignore ENUM_ZERO_VALUE_SUFFIX\n One.\n', 'One.'],
  ['line ends of other systems are line ends', ' One\r\n two.\r\n', 'One two.']
]
for (const [what, comment, text] of texts) {
  t.test(what, async t => {
    t.equal(commentsFrom()(readFromImage({ '4.0': { leading: comment } }).getMessage('a.Outer')!), text)
  })
}
