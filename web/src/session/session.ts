/** Who is signed in. The session itself is a cookie that no script can read; the API is asked who it is. */
import { computed, readonly, ref, shallowRef } from 'vue'
import { api, ask, type Shape } from '../api/client'
import { asProblem } from '../api/problem'
import { restartLive } from '../live/live'

/** A user of the shop. */
export type User = Shape<'User'>

const user = shallowRef<User | null>(null)
const isKnown = ref(false)
/** The question under way; an answer to an earlier one says who it was before somebody signed in or out. */
let asking: Promise<User | null> | undefined
/** Whose sign-up is not known to have worked: their account may be there by now. */
let unheard: string | undefined

/** Who is signed in; `isKnown` is false until the API was asked. */
export function useSession() {
  return { user: readonly(user), isKnown: readonly(isKnown), isOperator: computed(() => user.value?.role === 'operator') }
}

/**
 * Who is signed in, asking the API if that is not known yet.
 *
 * @throws Problem when nothing answers
 */
export async function currentUser(): Promise<User | null> {
  while (!isKnown.value) {
    const mine = (asking ??= ask(api.GET('/api/users/currentuser')).then((answer) => answer.currentUser ?? null))
    try {
      const answer = await mine
      if (asking === mine) become(answer)
    } catch (thrown) {
      if (asking === mine || asking === undefined) throw thrown
    } finally {
      if (asking === mine) asking = undefined
    }
  }
  return user.value
}

/** Signs in. @throws Problem as the API says */
export async function signIn(email: string, password: string): Promise<void> {
  await ask(api.POST('/api/users/signin', { body: { email, password } }))
  await another()
}

/**
 * Makes an account and signs in with it. An address that is taken after a try without an answer may have been taken by
 * that try: then whoever knows the password is signed in.
 *
 * @throws Problem as the API says
 */
export async function signUp(email: string, password: string): Promise<void> {
  const mayBeMine = unheard === email
  unheard = email
  try {
    await ask(api.POST('/api/users/signup', { body: { email, password } }))
  } catch (thrown) {
    const { certainty, code } = asProblem(thrown)
    if (certainty === 'unknown') throw thrown
    if (code !== 'EmailTaken' || !mayBeMine) {
      unheard = undefined
      throw thrown
    }
    await enterMine(email, password, thrown)
  }
  await another()
  unheard = undefined
}

/** @throws Problem `taken` when it is somebody else's account, or that nothing answers */
async function enterMine(email: string, password: string, taken: unknown): Promise<void> {
  try {
    await ask(api.POST('/api/users/signin', { body: { email, password } }))
  } catch (thrown) {
    if (asProblem(thrown).certainty === 'unknown') throw thrown
    unheard = undefined
    throw taken
  }
}

/** Signs out, everywhere this session is used. @throws Problem when nothing answers */
export async function signOut(): Promise<void> {
  await ask(api.POST('/api/users/signout'))
  await another()
}

/** The API said that the session is over: asks anew who is signed in. */
export async function another(): Promise<void> {
  isKnown.value = false
  asking = undefined
  await currentUser()
  restartLive()
}

function become(next: User | null): void {
  user.value = next
  isKnown.value = true
}
