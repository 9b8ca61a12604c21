export interface EpisodesOptions {
  /** Sightings that are further apart belong to different episodes, in milliseconds. */
  gapMs: number
  /** How long an episode must have lasted to count, in milliseconds. */
  minMs: number
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
}

/**
 * Tells what lasts from what happens once.
 *
 * @returns a function to call at each sighting, that answers whether the episode which it belongs to has lasted.
 */
export function createEpisodes({ gapMs, minMs, now = () => performance.now() }: EpisodesOptions): () => boolean {
  let began = Number.NEGATIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const at = now()
    if (at - last > gapMs) began = at
    last = at
    return at - began >= minMs
  }
}
