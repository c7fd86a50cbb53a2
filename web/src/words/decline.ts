/** Why a card was declined, in words. Codes: <https://docs.stripe.com/declines/codes>, and `no_answer` of this shop. */

const NO_REASON = 'The bank declined this card and gave no reason.'
const FOR_GOOD = 'The bank declined this card for good.'
const BANK_AWAY = 'The bank could not be asked just now.'
const TOO_OFTEN = 'This card was tried too often today.'

const REASONS: Readonly<Record<string, string>> = {
  authentication_required: 'The bank wants to ask you first, which this shop cannot do yet.',
  call_issuer: 'The bank declined this card; it tells you why if you call.',
  card_decline_rate_limit_exceeded: TOO_OFTEN,
  card_declined: NO_REASON,
  card_not_supported: 'This card cannot be used for this.',
  card_velocity_exceeded: TOO_OFTEN,
  do_not_honor: NO_REASON,
  expired_card: 'This card has expired.',
  fraudulent: FOR_GOOD,
  generic_decline: NO_REASON,
  incorrect_cvc: 'The security code of this card is wrong.',
  incorrect_number: 'The number of this card is wrong.',
  insufficient_funds: 'There is not enough money on this card.',
  issuer_not_available: BANK_AWAY,
  lost_card: FOR_GOOD,
  no_answer: 'The payment did not reach the bank.',
  processing_error: BANK_AWAY,
  stolen_card: FOR_GOOD,
  token_already_used: 'This card has to be given again.',
  try_again_later: BANK_AWAY,
}

/** One sentence about a decline; a code that is not known here is named. */
export function declineWords(code: string | null | undefined): string {
  if (code === null || code === undefined || code === '') return NO_REASON
  return REASONS[code] ?? `The bank declined this card (${code}).`
}
