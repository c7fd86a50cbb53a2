import { expect, it } from 'vitest'
import { consoleAddress } from './account'

it('leads to an execution in AWS’s console, in its region and partition', () => {
  const arn = 'arn:aws:states:eu-central-1:123456789012:execution:order:ord_1'
  expect(consoleAddress(arn, 5)).toBe(`https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/${arn}`)
  expect(consoleAddress('arn:aws-us-gov:states:us-gov-west-1:1:execution:m:e', 5)).toContain('https://us-gov-west-1.console.amazonaws-us-gov.com/')
  expect(consoleAddress('arn:aws:states:eu-central-1:1:express:m:e:u', 5)).toContain('#/express-executions/details/arn:aws:states:eu-central-1:1:express:m:e:u?startDate=5')
})

it('leads nowhere with what is no execution of AWS’s', () => {
  for (const arn of ['arn:aws:states:local:1:execution:m:e', 'arn:other:states:eu-central-1:1:execution:m:e', 'arn:aws:states:eu-central-1:1:stateMachine:m', 'arn:aws:states:evil.example/:1:execution:m:e', '']) {
    expect(consoleAddress(arn, 5), arn).toBeNull()
  }
})
