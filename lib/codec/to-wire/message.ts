import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { fieldsByName } from '../names.ts'
import { didYouMean, quoteName } from '../nearest.ts'
import { LOWER_N, OPEN_BRACE } from './characters.ts'
import { type Cursor, spellingOf } from './cursor.ts'
import { extensionFinder, type FindExtension } from './extensions.ts'
import { fieldReader, takesNull } from './fields.ts'
import { type Mark, markOf, wordsFor } from './marks.ts'
import type { ReadPart } from './outcome.ts'
import { duplicateKey } from './refusals.ts'
import type { Scope } from './scope.ts'
import { passNull, refuse, skipValue } from './skip.ts'
import { readKey } from './strings.ts'
import type { Writer } from './writer.ts'

/** What came next in the object before. It is looked for first, as objects of one type look alike. */
interface Step {
  next: Member | undefined
}

/** One way to write a field in a JSON object. */
interface Member extends Step {
  name: string
  spelling: Uint8Array
  mark: Mark
  /** The other name of the field, when this is one of two. */
  twin: Member | undefined
  /** Whether this is not the proto name of the field. */
  isAlias: boolean
  oneof: { name: string; mark: Mark } | undefined
  nullIsValue: boolean
  read: ReadPart
}

/** What the objects of a message may have. */
interface Shape {
  members: Map<string, Member>
  /** How many words of marks an object needs. */
  words: number
  begin: Step
  findExtension: FindExtension
  ignoreUnknown: boolean
}

/** Compiles a reader of the JSON object of a message. `compileFields` must follow, as a field may hold the same message. */
export function objectReader(desc: DescMessage, scope: Scope): { read: ReadPart; compileFields: () => void } {
  const { ignoreUnknown } = scope
  const findExtension = extensionFinder(desc, scope)
  const shape: Shape = { members: new Map(), words: 0, begin: { next: undefined }, findExtension, ignoreUnknown }
  return {
    read: (cursor, out) => {
      if (cursor.byte !== OPEN_BRACE) {
        refuse(cursor, 'must be an object')
      } else {
        const marks = cursor.marks.push(shape.words)
        readMembers(shape, cursor, out, marks)
        cursor.marks.pop(marks)
      }
    },
    compileFields: () => addMembers(shape, desc, scope)
  }
}

function addMembers(shape: Shape, desc: DescMessage, scope: Scope): void {
  const { members } = shape
  const names = fieldsByName(desc)
  const oneofs = new Map(
    desc.oneofs.map((oneof, index) => [oneof, { name: oneof.name, mark: markOf(names.size + index) }])
  )
  const byField = new Map<DescField, Member>()
  for (const [name, field] of names) {
    const twin = byField.get(field)
    const member: Member = {
      name,
      spelling: spellingOf(name),
      mark: markOf(members.size),
      twin,
      isAlias: name !== field.name,
      oneof: field.oneof && oneofs.get(field.oneof),
      nullIsValue: takesNull(field),
      read: twin?.read ?? fieldReader(field, scope),
      next: undefined
    }
    members.set(name, member)
    byField.set(field, member)
    if (twin !== undefined) twin.twin = member
  }
  shape.words = wordsFor(names.size + oneofs.size)
}

function readMembers(shape: Shape, cursor: Cursor, out: Writer, marks: number): void {
  const start = cursor.position
  const { keys } = cursor
  const base = keys.push()
  let previous: Step = shape.begin
  for (let more = cursor.enter(); more; more = cursor.nextMember()) {
    let member = previous.next
    if (member === undefined || !cursor.takes(member.spelling)) {
      const { position } = cursor
      const key = readKey(cursor)
      member = shape.members.get(key)
      if (member === undefined) {
        cursor.position = position
        keys.pass(cursor, base)
        cursor.colon()
        readOther(shape, cursor, out, start, key)
        continue
      }
      previous.next = member
    }
    previous = member
    cursor.colon()
    readMember(member, cursor, out, marks)
  }
  keys.pop(base)
}

function readMember(member: Member, cursor: Cursor, out: Writer, base: number): void {
  const { marks, errors } = cursor
  if (marks.has(base, member.mark)) throw duplicateKey(member.name)
  marks.set(base, member.mark)
  const { twin } = member
  const repeated = twin !== undefined && marks.has(base, twin.mark)
  if (repeated) {
    const [alias, name] = member.isAlias ? [member.name, twin.name] : [twin.name, member.name]
    errors.add('REPEATED_FIELD', alias, `must not be given as "${name}" too, which is the same field`)
  }
  if (cursor.byte === LOWER_N && !member.nullIsValue) {
    passNull(cursor)
    return
  }
  const before = errors.list.length
  const { oneof } = member
  if (oneof !== undefined && !repeated) {
    if (marks.has(base, oneof.mark)) {
      errors.add('REPEATED_FIELD', '', `must not be given beside another field of "${oneof.name}"`)
    }
    marks.set(base, oneof.mark)
  }
  member.read(cursor, out)
  if (errors.list.length !== before) errors.prefix(before, member.name)
}

/** Reads a member that is no field of the message: an extension, the type of an Any, or something unknown. */
function readOther(shape: Shape, cursor: Cursor, out: Writer, start: number, key: string): void {
  const { errors } = cursor
  const readExtension = shape.findExtension(key)
  if (readExtension !== undefined) {
    const before = errors.list.length
    readExtension(cursor, out)
    if (errors.list.length !== before) errors.prefix(before, key)
    return
  }
  const isType = key === '@type' && start === cursor.anyStart
  if (!isType && !shape.ignoreUnknown && !errors.full) {
    errors.add('UNKNOWN_FIELD', key, `unknown field ${quoteName(key)}${didYouMean(key, shape.members.keys())}`)
  }
  skipValue(cursor)
}
