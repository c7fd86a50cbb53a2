/** Devices in words, and what somebody types of them. */
import type { Shape } from '../api/client'
import { minorOf, typedOf } from './money'

/** A device as the API tells of it. */
export type Device = Shape<'Device'>
/** What there is of one product at a device. */
export type DeviceStock = Shape<'DeviceStock'>
/** A product that a device watches. */
export type Watch = Shape<'Watch'>

/** What a device may watch at most. */
export const WATCHES_MAX = 20
const THRESHOLD_MAX = 1_000_000
const ORDER_MAX = 1_000

/** `02:1a:ff:00:5b:9c`, or undefined if what was typed is no MAC address: six bytes with colons, with dashes, or plain. */
export function macOf(typed: string): string | undefined {
  const plain = /^(?:[\da-f]{2}:){5}[\da-f]{2}$|^(?:[\da-f]{2}-){5}[\da-f]{2}$|^[\da-f]{12}$/i
  const text = typed.trim()
  if (!plain.test(text)) return undefined
  const digits = text.replaceAll(/[:-]/g, '').toLowerCase()
  return (digits.match(/../g) ?? []).join(':')
}

/** A whole number from `min` to `max`, or undefined if what was typed is none. */
export function wholeOf(typed: string, min: number, max: number): number | undefined {
  if (!/^\d{1,9}$/.test(typed.trim())) return undefined
  const value = Number(typed)
  return value >= min && value <= max ? value : undefined
}

/** A watch while it is being typed. */
export interface WatchDraft {
  readonly productId: string
  threshold: string
  orderQuantity: string
  /** Empty: what the product costs when this is stored. */
  maxPrice: string
}

/** What is wrong with a draft, by field; nothing when it can be sent. */
export interface WatchWrong {
  threshold?: string
  orderQuantity?: string
  maxPrice?: string
}

/** A draft of what is stored. */
export function draftOf({ productId, threshold, orderQuantity, maxPriceMinor }: Watch, currency: string): WatchDraft {
  return {
    productId,
    threshold: String(threshold),
    orderQuantity: String(orderQuantity),
    maxPrice: maxPriceMinor == null ? '' : typedOf(maxPriceMinor, currency),
  }
}

/** The watch that somebody typed, or what is wrong with it. */
export function watchOf(draft: WatchDraft, currency: string): { watch: Watch } | { wrong: WatchWrong } {
  const threshold = wholeOf(draft.threshold, 1, THRESHOLD_MAX)
  const orderQuantity = wholeOf(draft.orderQuantity, 1, ORDER_MAX)
  const isPriced = draft.maxPrice.trim() !== ''
  const maxPriceMinor = isPriced ? minorOf(draft.maxPrice, currency) : undefined
  const isPriceRight = !isPriced || (maxPriceMinor !== undefined && maxPriceMinor >= 50 && maxPriceMinor <= 99_999_999)
  if (threshold === undefined || orderQuantity === undefined || !isPriceRight) {
    const wrong: WatchWrong = {}
    if (threshold === undefined) wrong.threshold = 'A whole number from 1 to 1,000,000.'
    if (orderQuantity === undefined) wrong.orderQuantity = 'A whole number from 1 to 1,000.'
    if (!isPriceRight) wrong.maxPrice = `An amount from ${typedOf(50, currency)}, such as ${typedOf(1250, currency)}, or nothing.`
    return { wrong }
  }
  const watch: Watch = { productId: draft.productId, threshold, orderQuantity }
  return { watch: maxPriceMinor === undefined ? watch : { ...watch, maxPriceMinor } }
}

/**
 * Whether what a device watches is what was sent: an earlier try whose answer was lost has done it. An empty highest price
 * was filled in by the shop.
 *
 * @param seenVersion the version that it was sent for
 */
export function isStored(device: Pick<Device, 'version' | 'watches'>, seenVersion: number, sent: readonly Watch[]): boolean {
  if (device.version !== seenVersion + 1 || device.watches.length !== sent.length) return false
  return sent.every((watch) =>
    device.watches.some(
      (stored) =>
        stored.productId === watch.productId &&
        stored.threshold === watch.threshold &&
        stored.orderQuantity === watch.orderQuantity &&
        (watch.maxPriceMinor == null || stored.maxPriceMinor === watch.maxPriceMinor),
    ),
  )
}

/** `Watches 3 products`. */
export function watchesWords({ watches }: Pick<Device, 'watches'>): string {
  if (watches.length === 0) return 'Watches nothing yet'
  return watches.length === 1 ? 'Watches one product' : `Watches ${watches.length} products`
}

/** How much is left, and whether that is enough. */
export function levelWords({ quantity, threshold, measuredAt }: DeviceStock): string {
  if (threshold == null) return `${quantity} left; it is watched no longer.`
  if (measuredAt == null) return 'The device has not said yet how much is left, so it orders nothing.'
  return quantity < threshold ? `${quantity} left, fewer than ${threshold}.` : `${quantity} left; it orders when there are fewer than ${threshold}.`
}

/** Whether the device has less than it should. */
export function isLow({ quantity, threshold, measuredAt }: DeviceStock): boolean {
  return threshold != null && measuredAt != null && quantity < threshold
}
