import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt'

/** A moment from the database as a message. */
export function toTimestamp(date: Date): Timestamp {
  return timestampFromDate(date)
}
