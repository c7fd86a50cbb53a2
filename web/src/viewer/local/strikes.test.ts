import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chartOf } from '../run/fixtures/load'
import { strikable } from './strikes'

const MACHINE = {
  StartAt: 'Ask',
  States: {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'ask' },
      Retry: [{ ErrorEquals: ['Busy', 'States.Timeout'] }],
      Catch: [{ ErrorEquals: ['Refused', 'Busy'], Next: 'Tell' }, { ErrorEquals: ['States.ALL'], Next: 'Tell' }],
      Next: 'Each',
    },
    Each: {
      Type: 'Map',
      Catch: [{ ErrorEquals: ['Gone'], Next: 'Tell' }],
      ItemProcessor: {
        StartAt: 'Send',
        States: { Send: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken', Arguments: {}, End: true } },
      },
      Next: 'Start',
    },
    Start: { Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.sync:2', Next: 'Work' },
    Work: { Type: 'Task', Resource: 'arn:aws:states:us-east-1:1:activity:work', Next: 'Rest' },
    Rest: { Type: 'Wait', Seconds: 1, Next: 'Tell' },
    Tell: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true },
  },
}

describe('where faults can strike', () => {
  const found = strikable(chartOf(MACHINE))

  it('is where somebody outside is asked, a token comes back or a message is sent', () => {
    expect(Object.fromEntries(found.map(({ name, moments }) => [name, moments]))).toEqual({
      Ask: ['call'],
      Send: ['call', 'callback', 'message'],
      Work: ['callback'],
      Tell: ['call', 'message'],
    })
  })

  it('offers the errors that the definition names, and none that stands for many', () => {
    expect(found.find(({ name }) => name === 'Ask')?.errors).toEqual(['Busy', 'States.Timeout', 'Refused'])
    expect(found.find(({ name }) => name === 'Send')?.errors).toEqual(['Gone'])
  })

  it('counts as a message what goes to a queue, a topic or a bus', () => {
    const momentsOf = (resource: string) =>
      strikable(chartOf({ StartAt: 'Tell', States: { Tell: { Type: 'Task', Resource: `arn:aws:states:::${resource}`, End: true } } }))[0]?.moments.includes('message')
    expect(['sns:publish', 'events:putEvents', 'aws-sdk:sqs:sendMessageBatch', 'aws-sdk:eventbridge:putEvents'].map(momentsOf)).toEqual([true, true, true, true])
    expect(['sqs:receiveMessage', 'aws-sdk:sqs:deleteMessage', 'lambda:invoke'].map(momentsOf)).toEqual([false, false, false])
  })

  it('is found in a machine of many states', () => {
    const order = JSON.parse(readFileSync(new URL('../../../../workflows/order.asl.json', import.meta.url), 'utf8')) as unknown
    const states = strikable(chartOf(order))
    expect(states.find(({ name }) => name === 'ChargePayment')).toMatchObject({ moments: ['call'] })
    expect(states.find(({ name }) => name === 'AwaitIngredient')?.moments).toEqual(['call', 'callback', 'message'])
    expect(states.some(({ name }) => name === 'DeliverProduct')).toBe(false)
  })
})
