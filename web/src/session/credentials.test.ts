import { describe, expect, it } from 'vitest'
import { problemsOf } from './credentials'

describe('what was typed to sign in', () => {
  it('is let through when the API would take it', () => {
    expect(problemsOf(' ana@example.com ', 'five5')).toEqual({})
    expect(problemsOf('a.b+c@mail.example.co.uk', 'x'.repeat(72))).toEqual({})
    expect(problemsOf('ana@example.com', '🔑🔑🔑🔑🔑')).toEqual({})
  })

  it('is told what is wrong, field by field', () => {
    expect(problemsOf('', '')).toEqual({ email: 'Type your e-mail address.', password: 'Type your password.' })
    for (const email of ['ana', 'ana@', '@example.com', 'ana@host', 'a b@example.com', 'a@b@example.com', 'a@.com'])
      expect(problemsOf(email, 'holdfast').email, email).toContain('no e-mail address')
    expect(problemsOf('ana@example.com', 'four').password).toBe('A password has 5 to 72 characters; this one has 4.')
    expect(problemsOf('ana@example.com', 'x'.repeat(73)).password).toContain('has 73')
  })
})
