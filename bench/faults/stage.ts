import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { ask, freePort, startProgram, stop } from '../processes.ts'
import type { CertificateFiles, Certificates } from './certificates.ts'
import { type FaultProxy, type ProxyMode, startProxy } from './proxy.ts'
import type { Behaviour } from './upstream.ts'

export interface StageOptions {
  upstreams: number
  /** Puts a proxy before the first upstream. */
  proxied: boolean
  /** Serves by TLS, with the right certificate. */
  certificates: Certificates | null
}

/** The upstream processes of one scenario, and what can be done to them. The first is the one that is hit. */
export class Stage {
  readonly #certificates: Certificates | null
  readonly #ports: number[]
  readonly #processes: ChildProcess[]
  readonly #proxy: FaultProxy | null

  static async create({ upstreams, proxied, certificates }: StageOptions): Promise<Stage> {
    const ports = await Promise.all(Array.from({ length: upstreams }, freePort))
    const processes = await Promise.all(ports.map(port => startUpstream(port, certificates?.right ?? null)))
    return new Stage(ports, processes, proxied ? await startProxy(ports[0]!) : null, certificates)
  }

  private constructor(
    ports: number[],
    processes: ChildProcess[],
    proxy: FaultProxy | null,
    certificates: Certificates | null
  ) {
    this.#ports = ports
    this.#processes = processes
    this.#proxy = proxy
    this.#certificates = certificates
  }

  /** What the channel connects to. */
  get target(): string {
    const ports = this.#proxy === null ? this.#ports : [this.#proxy.port, ...this.#ports.slice(1)]
    const scheme = this.#certificates === null ? 'http' : 'https'
    return ports.map(port => `${scheme}://127.0.0.1:${port}`).join(',')
  }

  /** `SIGSTOP` halts it and `SIGCONT` lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#processes[0]!.kill(signal)
  }

  async kill(): Promise<void> {
    await stop(this.#processes[0]!)
  }

  /** Starts it again on the same port after it was killed. */
  async restart(certificate: CertificateFiles | null = this.#certificates?.right ?? null): Promise<void> {
    this.#processes[0] = await startUpstream(this.#ports[0]!, certificate)
  }

  /** Lets one after the other end in good order, and starts it again; a second later it is the next one's turn. */
  async restartAll(): Promise<void> {
    for (const [index, port] of this.#ports.entries()) {
      const child = this.#processes[index]!
      child.kill('SIGTERM')
      await once(child, 'exit')
      this.#processes[index] = await startUpstream(port, this.#certificates?.right ?? null)
      await delay(1000)
    }
  }

  async behave(behaviour: Partial<Behaviour>): Promise<void> {
    await ask(this.#processes[0]!, { failWith: null, goawayAfter: null, ...behaviour } satisfies Behaviour)
  }

  setProxy(mode: ProxyMode): void {
    this.#proxy!.setMode(mode)
  }

  async close(): Promise<void> {
    this.#proxy?.close()
    for (const child of this.#processes) if (child.exitCode === null && child.signalCode === null) await stop(child)
  }
}

function startUpstream(port: number, certificate: CertificateFiles | null): Promise<ChildProcess> {
  const tls = certificate === null ? {} : { TLS_CERT: certificate.cert, TLS_KEY: certificate.key }
  return startProgram('./faults/upstream.ts', { PORT: String(port), ...tls })
}
