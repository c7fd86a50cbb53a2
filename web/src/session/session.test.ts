import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../api/problem'
import { another, currentUser, signUp, useSession } from './session'

const { get, post } = vi.hoisted(() => ({ get: vi.fn(), post: vi.fn() }))
vi.mock('../api/client', () => ({ api: { GET: get, POST: post }, ask: (call: unknown) => call }))
vi.mock('../live/live', () => ({ restartLive: () => undefined }))

const ANA = { id: 'usr_ana', email: 'ana@example.com' }
const taken = () => Promise.reject(new Problem('Taken', 'Taken.', 'EmailTaken', 409, 'refused', false))
const wrong = () => Promise.reject(new Problem('Wrong', 'Wrong.', 'BadCredentials', 401, 'refused', false))
const lost = () => Promise.reject(new Problem('No answer', 'None.', 'Unreachable', 0, 'unknown', true))
const paths = () => post.mock.calls.map(([path]) => path as string)

/** A question that is answered when the test says so. */
function asked() {
  let answer: (user: typeof ANA | null) => void = () => undefined
  let fail: (why: Error) => void = () => undefined
  get.mockImplementationOnce(
    () =>
      new Promise((resolve, reject) => {
        answer = (user) => {
          resolve({ currentUser: user })
        }
        fail = reject
      }),
  )
  return { answer: (user: typeof ANA | null) => { answer(user) }, fail: () => { fail(new Error('no answer')) } }
}

beforeEach(async () => {
  get.mockReset().mockResolvedValueOnce({ currentUser: null })
  post.mockReset()
  await another()
})

describe('who is signed in', () => {
  it('is who it is after signing in, however late an earlier question is answered', async () => {
    const early = asked()
    const before = another()
    const late = asked()
    const after = another()
    late.answer(ANA)
    await after
    early.answer(null)
    await before
    expect(useSession().user.value).toEqual(ANA)
    expect(await currentUser()).toEqual(ANA)
  })

  it('is told to whoever asked before, too, by the later answer', async () => {
    const early = asked()
    const before = another()
    const late = asked()
    const after = another()
    early.fail()
    late.answer(ANA)
    await Promise.all([before, after])
    expect(useSession().user.value).toEqual(ANA)
  })

  it('is asked anew after no answer', async () => {
    get.mockRejectedValueOnce(new Error('no answer'))
    await expect(another()).rejects.toThrow('no answer')
    get.mockResolvedValueOnce({ currentUser: ANA })
    expect(await currentUser()).toEqual(ANA)
  })
})

describe('signing up', () => {
  it('signs in with the account that an unanswered try has made', async () => {
    post.mockImplementationOnce(lost)
    await expect(signUp(ANA.email, 'secret')).rejects.toMatchObject({ code: 'Unreachable' })
    post.mockImplementationOnce(taken).mockResolvedValueOnce({})
    get.mockResolvedValueOnce({ currentUser: ANA })
    await signUp(ANA.email, 'secret')
    expect(paths()).toEqual(['/api/users/signup', '/api/users/signup', '/api/users/signin'])
    expect(useSession().user.value).toEqual(ANA)
  })

  it('says that an address is taken when the account is somebody else’s', async () => {
    post.mockImplementationOnce(lost)
    await expect(signUp(ANA.email, 'guess')).rejects.toMatchObject({ code: 'Unreachable' })
    post.mockImplementationOnce(taken).mockImplementationOnce(wrong)
    await expect(signUp(ANA.email, 'guess')).rejects.toMatchObject({ code: 'EmailTaken' })
    // And tries no password again by itself.
    post.mockReset().mockImplementationOnce(taken)
    await expect(signUp(ANA.email, 'guess')).rejects.toMatchObject({ code: 'EmailTaken' })
    expect(paths()).toEqual(['/api/users/signup'])
  })

  it('tries no sign-in when nothing was left unanswered', async () => {
    post.mockImplementationOnce(taken)
    await expect(signUp('eve@example.com', 'guess')).rejects.toMatchObject({ code: 'EmailTaken' })
    expect(paths()).toEqual(['/api/users/signup'])
  })
})
