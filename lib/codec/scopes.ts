import type { DescMessage, Registry } from '@bufbuild/protobuf'

/**
 * Codecs compiled with the same options, by the message that they are for. The descriptors are those of the generated
 * code, which live as long as the process.
 */
export type Compiled<Codec> = WeakMap<DescMessage, Codec>

/** Finds the codecs compiled so far with equal options: options are compared by their key, registries by identity. */
export function codecScopes<Codec>(): (key: string, registry: Registry | undefined) => Compiled<Codec> {
  const byRegistry = new WeakMap<object, Map<string, Compiled<Codec>>>()
  const noRegistry = {}
  return (key, registry) => {
    const byKey = byRegistry.get(registry ?? noRegistry) ?? new Map<string, Compiled<Codec>>()
    byRegistry.set(registry ?? noRegistry, byKey)
    const compiled = byKey.get(key) ?? new WeakMap()
    byKey.set(key, compiled)
    return compiled
  }
}
