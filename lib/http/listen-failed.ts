import { StartError } from '../../errors.ts'

/** SLUICE_ERR_LISTEN_FAILED for what a listener failed with. */
export function listenFailed(host: string, port: number, error: unknown): StartError {
  const { code, message } = error as NodeJS.ErrnoException
  const why = code === 'EADDRINUSE' ? 'it is taken' : message
  return new StartError('SLUICE_ERR_LISTEN_FAILED', [host, String(port), why], { cause: error })
}
