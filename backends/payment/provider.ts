/** What a provider says of a charge that it has decided on. */
export type ChargeResult =
  | { outcome: 'captured' /** The provider's own number of the charge. */; transactionId: string }
  | { outcome: 'declined' /** Why, such as `insufficient_funds`. */; failureCode: string }

export interface ChargeRequest {
  /** Idempotency key: two charges of one key take the money once. */
  key: string
  amountMinor: bigint
  /** ISO 4217. */
  currencyCode: string
  method: string
  /** The provider's token of the means of payment. Never a card number. */
  paymentToken?: string
}

export interface RefundOrder {
  /** Idempotency key: two refunds of one key give the money back once. */
  key: string
  /** The charge to give back. */
  transactionId: string
  amountMinor: bigint
  currencyCode: string
}

/**
 * Whoever moves the money. Each call either answers or throws; a call that throws, or that is aborted, may still have
 * happened. `lookup` is what resolves that: it tells what became of the charge of a key.
 */
export interface PaymentProvider {
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeResult>
  refund(order: RefundOrder, signal: AbortSignal): Promise<{ reference: string }>
  /** null: no charge of that key has arrived, at least so far. */
  lookup(key: string, signal: AbortSignal): Promise<ChargeResult | null>
}
