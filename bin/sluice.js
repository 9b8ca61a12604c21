#!/usr/bin/env node
// A checkout has the source, which Node runs as it is; a package has what it was compiled to.
import { existsSync } from 'node:fs'

const source = new URL('../sluice.ts', import.meta.url)
await import(existsSync(source) ? source.href : new URL('../dist/sluice.js', import.meta.url).href)
