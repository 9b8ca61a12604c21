import { WireType } from '@bufbuild/protobuf/wire'
import type { Gathers, Member, MemberTable, Spans } from './member.ts'
import type { WireCursor } from './wire-cursor.ts'

/**
 * Finds what is to be printed of a message whose fields may be on the wire in any order, again and again, and which may
 * come in several payloads (https://protobuf.dev/programming-guides/encoding/#last-one-wins): of a singular field the last
 * value counts, messages are merged, repeated fields go on, and a oneof keeps the member that comes last.
 *
 * Only tags are read, and nothing is copied. The limit of the cursor is moved.
 *
 * @returns the members that are set, in the order of their numbers, with what `gathers` asks for.
 */
export function gather(table: MemberTable, wire: WireCursor, payloads: Spans): [member: Member, spans: Spans][] {
  const found = new Map<Member, Spans>()
  const holders: (Member | undefined)[] = []
  for (let index = 0; index < payloads.length; index += 2) {
    wire.pos = payloads[index]!
    wire.limit = payloads[index + 1]!
    while (wire.pos < wire.limit) {
      const start = wire.pos
      const tag = wire.tag()
      const member = table.find(tag)
      if (member === undefined || ignores(member, wire)) {
        wire.skip(tag)
        continue
      }
      if (member.oneof >= 0) {
        const holder = holders[member.oneof]
        if (holder !== undefined && holder !== member) found.delete(holder)
        holders[member.oneof] = member
      }
      let spans = found.get(member)
      if (spans === undefined) {
        spans = []
        found.set(member, spans)
      }
      gatherRecord(member.gathers, wire, start, tag, spans)
    }
  }
  return [...found].sort(([left], [right]) => left.index - right.index)
}

/** Whether the value at the cursor counts for nothing. The cursor stays. */
function ignores(member: Member, wire: WireCursor): boolean {
  if (member.ignores === undefined) return false
  const { pos } = wire
  const isIgnored = member.ignores(wire)
  wire.pos = pos
  return isIgnored
}

/** Notes where the record is whose tag was just read, and goes behind it. */
export function gatherRecord(gathers: Gathers, wire: WireCursor, start: number, tag: number, spans: Spans): void {
  const valueStart = wire.pos
  switch (gathers) {
    case 'last value':
      wire.skip(tag)
      spans[0] = valueStart
      spans[1] = wire.pos
      return
    case 'records':
      wire.skip(tag)
      if (spans.at(-1) === start) spans[spans.length - 1] = wire.pos
      else spans.push(start, wire.pos)
      return
    case 'payloads': {
      const isGroup = (tag & 7) === WireType.StartGroup
      const outer = isGroup ? wire.enterGroup(tag) : wire.enter()
      spans.push(wire.pos, wire.limit)
      if (isGroup) wire.leaveGroup(outer)
      else wire.leave(outer)
    }
  }
}
