import type {
  DescEnum,
  DescEnumValue,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescOneof,
  DescService
} from '@bufbuild/protobuf'

/** What a comment in a proto file can be about. */
export type Commented = DescService | DescMethod | DescMessage | DescField | DescOneof | DescEnum | DescEnumValue

/** Comments by what they are about, as descriptors call themselves: `field shop.order.v1.Order.id`. */
export type CommentTable = Readonly<Record<string, string>>

/** Finds the comment of a part of a proto file; empty when it has none. */
export type CommentOf = (desc: Commented) => string

/**
 * Finds comments in a table, or else in the descriptor itself: generated code leaves comments out of its descriptors, which
 * those that were read from an image of `buf build` have.
 */
export function commentsFrom(table: CommentTable = {}): CommentOf {
  return desc => (Object.hasOwn(table, String(desc)) ? table[String(desc)]! : sourceComment(desc))
}

/** The comment in the source info of a descriptor: the one before it, else the one behind it. Lines are joined to paragraphs. */
export function sourceComment(desc: Commented): string {
  const file = 'file' in desc ? desc.file : desc.parent.file
  const comments = commentsOf(file)
  return comments.get(pathOf(desc).join()) ?? ''
}

const commentsByFile = new WeakMap<DescFile, Map<string, string>>()

function commentsOf(file: DescFile): Map<string, string> {
  const known = commentsByFile.get(file)
  if (known !== undefined) return known
  const comments = new Map<string, string>()
  for (const { path, leadingComments, trailingComments } of file.proto.sourceCodeInfo?.location ?? []) {
    const comment = toParagraphs(leadingComments || trailingComments)
    if (comment !== '') comments.set(path.join(), comment)
  }
  commentsByFile.set(file, comments)
  return comments
}

/** Where a descriptor is in its file: the numbers of fields of descriptor.proto, with indexes (SourceCodeInfo.Location). */
function pathOf(desc: Commented): number[] {
  switch (desc.kind) {
    case 'service':
      return [6, desc.file.proto.service.indexOf(desc.proto)]
    case 'rpc':
      return [...pathOf(desc.parent), 2, desc.parent.proto.method.indexOf(desc.proto)]
    case 'message':
      if (desc.parent === undefined) return [4, desc.file.proto.messageType.indexOf(desc.proto)]
      return [...pathOf(desc.parent), 3, desc.parent.proto.nestedType.indexOf(desc.proto)]
    case 'field':
      return [...pathOf(desc.parent), 2, desc.parent.proto.field.indexOf(desc.proto)]
    case 'oneof':
      return [...pathOf(desc.parent), 8, desc.parent.proto.oneofDecl.indexOf(desc.proto)]
    case 'enum':
      if (desc.parent === undefined) return [5, desc.file.proto.enumType.indexOf(desc.proto)]
      return [...pathOf(desc.parent), 4, desc.parent.proto.enumType.indexOf(desc.proto)]
    case 'enum_value':
      return [...pathOf(desc.parent), 2, desc.parent.proto.value.indexOf(desc.proto)]
  }
}

/** Lines that go on where the line before them ended: not empty, not a list item, not indented. */
const continued = /\n(?=[^\s\-*#|])/g

function toParagraphs(comment: string): string {
  const lines = comment.split(/\r?\n/).map(line => line.replace(/^ /, '').trimEnd())
  // Instructions to tools are no documentation.
  const text = lines.filter(line => !line.startsWith('buf:lint:')).join('\n')
  return text
    .trim()
    .split(/\n{2,}/)
    .map(paragraph => paragraph.replace(continued, ' '))
    .join('\n\n')
}
