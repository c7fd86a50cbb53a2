/** Who is signed in. The session itself is a cookie that no script can read; the API is asked who it is. */
import { computed, readonly, ref, shallowRef } from 'vue'
import { api, ask, type Shape } from '../api/client'
import { restartLive } from '../live/live'

/** A user of the shop. */
export type User = Shape<'User'>

const user = shallowRef<User | null>(null)
const isKnown = ref(false)
let asking: Promise<User | null> | undefined

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
  if (isKnown.value) return user.value
  asking ??= ask(api.GET('/api/users/currentuser')).then((answer) => answer.currentUser ?? null)
  try {
    become(await asking)
    return user.value
  } finally {
    asking = undefined
  }
}

/** Signs in. @throws Problem as the API says */
export async function signIn(email: string, password: string): Promise<void> {
  await ask(api.POST('/api/users/signin', { body: { email, password } }))
  await another()
}

/** Makes an account and signs in with it. @throws Problem as the API says */
export async function signUp(email: string, password: string): Promise<void> {
  await ask(api.POST('/api/users/signup', { body: { email, password } }))
  await another()
}

/** Signs out, everywhere this session is used. @throws Problem when nothing answers */
export async function signOut(): Promise<void> {
  await ask(api.POST('/api/users/signout'))
  await another()
}

/** The API said that the session is over: asks anew who is signed in. */
export async function another(): Promise<void> {
  isKnown.value = false
  await currentUser()
  restartLive()
}

function become(next: User | null): void {
  user.value = next
  isKnown.value = true
}
