import { effectScope, nextTick, shallowRef } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useAgreed } from './use-agreed'

describe('what a buyer agrees to', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  async function page() {
    const latest = shallowRef<{ title: string; priceMinor: number; version: number }>()
    const agreed = effectScope().run(() => useAgreed(latest))
    if (agreed === undefined) throw new Error('no scope')
    const reads = async (priceMinor: number, version: number) => {
      latest.value = { title: 'Seat', priceMinor, version }
      await nextTick()
    }
    await reads(1500, 1)
    return { agreed, reads }
  }

  it('is what was shown first, also under a version that changes nothing for them', async () => {
    const { agreed, reads } = await page()
    await reads(1500, 2)
    expect([agreed.seen.value?.version, agreed.isOther.value, agreed.isSettling.value]).toEqual([2, false, false])
  })

  it('stays the old price until they agree to the new one, which cannot be clicked at once', async () => {
    const { agreed, reads } = await page()
    await reads(2500, 2)
    expect([agreed.seen.value?.priceMinor, agreed.isOther.value, agreed.isSettling.value]).toEqual([1500, true, true])
    vi.advanceTimersByTime(1_000)
    expect(agreed.isSettling.value).toBe(false)
    agreed.agree()
    expect([agreed.seen.value?.priceMinor, agreed.isOther.value]).toEqual([2500, false])
  })

  it('cannot be clicked either when the new price moves again', async () => {
    const { agreed, reads } = await page()
    await reads(2500, 2)
    vi.advanceTimersByTime(1_000)
    await reads(2600, 3)
    expect(agreed.isSettling.value).toBe(true)
    vi.advanceTimersByTime(500)
    await reads(2600, 3)
    vi.advanceTimersByTime(500)
    expect(agreed.isSettling.value).toBe(false)
  })
})
