/**
 * The cards of a shop that takes no money: each promises what happens to it (docs/stripe.md, "Test cards"). No number is
 * typed, because there is none.
 */

/** A card of the test shop. */
export interface TestCard {
  /** What the API is given. */
  readonly token: string
  /** What it does, as its name. */
  readonly name: string
  /** The last digits, as they would be shown of a real one. */
  readonly last4: string
  /** What to expect of it. */
  readonly promise: string
}

/** The outcomes that somebody meets. */
export const TEST_CARDS: readonly TestCard[] = [
  { token: 'tok_visa', name: 'Succeeds', last4: '4242', promise: 'Charged at once.' },
  {
    token: 'tok_insufficient_funds',
    name: 'Insufficient funds',
    last4: '9995',
    promise: 'Declined for now; tried again by itself, five times in all.',
  },
  {
    token: 'tok_succeeds_second',
    name: 'Succeeds the second time',
    last4: '1012',
    promise: 'Declined for now, then tried again by itself and charged.',
  },
  { token: 'tok_chargeDeclined', name: 'Declined', last4: '0002', promise: 'Declined without a reason; another card is needed.' },
  {
    token: 'tok_chargeDeclinedStolenCard',
    name: 'Stolen card',
    last4: '9979',
    promise: 'Declined for good; another card is needed.',
  },
  {
    token: 'tok_timeout_before',
    name: 'No answer, not charged',
    last4: '1001',
    promise: 'The provider times out. It takes a while to find out that nothing was charged.',
  },
  {
    token: 'tok_timeout_after',
    name: 'No answer, charged',
    last4: '1002',
    promise: 'The provider charges and times out. It takes a while to find that out.',
  },
  {
    token: 'tok_unavailable',
    name: 'Provider unavailable',
    last4: '1003',
    promise: 'The provider is away, and is asked again by itself.',
  },
]

/** Cards for what happens more rarely. */
export const RARE_TEST_CARDS: readonly TestCard[] = [
  { token: 'tok_chargeDeclinedExpiredCard', name: 'Expired card', last4: '0069', promise: 'Declined; another card is needed.' },
  {
    token: 'tok_issuer_not_available',
    name: 'Bank not available',
    last4: '1004',
    promise: 'Declined for now; tried again by itself.',
  },
  {
    token: 'tok_succeeds_fifth',
    name: 'Succeeds the fifth time',
    last4: '1015',
    promise: 'Declined four times, then charged by the last attempt.',
  },
  { token: 'tok_error_after', name: 'Error, charged', last4: '1006', promise: 'The provider charges and answers with an error.' },
  { token: 'tok_pendingRefund', name: 'Slow refund', last4: '7726', promise: 'Charged; a refund of it is pending for some seconds.' },
  { token: 'tok_refund_fails', name: 'Refund fails', last4: '1020', promise: 'Charged; the bank does not take a refund of it.' },
]
