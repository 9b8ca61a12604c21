export interface EpisodesOptions {
  /** Sightings that are further apart belong to different episodes, in milliseconds. */
  gapMs: number
  /** How long an episode must have lasted to count, in milliseconds. */
  minMs: number
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
}

/**
 * Called at each sighting, it answers whether the episode which that belongs to has lasted.
 *
 * @param blindMs for how long before it there can have been no sighting, such as by a process that was blocked.
 */
export type HasLasted = (blindMs?: number) => boolean

/** Tells what lasts from what happens once. */
export function createEpisodes({ gapMs, minMs, now = () => performance.now() }: EpisodesOptions): HasLasted {
  let began = Number.NEGATIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  return (blindMs = 0) => {
    const at = now()
    if (at - last > gapMs + blindMs) began = at
    last = at
    return at - began >= minMs
  }
}
