/**
 * State machines of a scenario's own, over the Step Functions API: the stack is shared, so nothing is done to the shop's. Plain
 * HTTP; an engine on this machine looks at no signature.
 */
import { fresh } from './shop.mjs'

/** How long an execution may take that must end. */
const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 100

/** A machine that answers with what it is given, or fails: `{"fails": true}`. */
export const TASTING = {
  Comment: 'Tastes a soup.',
  QueryLanguage: 'JSONata',
  StartAt: 'TasteSoup',
  States: {
    TasteSoup: { Type: 'Pass', Output: '{% $merge([$states.input, {"tasted": true}]) %}', Next: 'IsItGood' },
    IsItGood: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.fails = true %}', Next: 'SoupIsCold' }], Default: 'SoupIsServed' },
    SoupIsCold: { Type: 'Fail', Error: 'SoupTooCold', Cause: 'It stood at the window for an hour.' },
    SoupIsServed: { Type: 'Succeed' },
  },
}

/** A machine that waits until it is stopped. */
export const WAITING = {
  QueryLanguage: 'JSONata',
  StartAt: 'LetItRest',
  States: { LetItRest: { Type: 'Wait', Seconds: 86_400, End: true } },
}

/** A request such as an HTTP function is asked with. */
const REQUEST = {
  version: '2.0',
  rawPath: '/api/shop',
  rawQueryString: '',
  headers: {},
  requestContext: { http: { method: 'GET', path: '/api/shop' } },
  isBase64Encoded: false,
}

/** A task that asks a function which changes nothing. A fault that is set for this machine strikes nobody else. */
export function asking(more = {}) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: 'holdfast-describe-shop', Payload: REQUEST },
    Output: '{% $merge([$states.input, {"answered": $states.result.Payload.statusCode}]) %}',
    TimeoutSeconds: 20,
    ...more,
  }
}

export class Machines {
  #url

  /** @param {string} url where Step Functions answer */
  constructor(url) {
    this.#url = url
  }

  /** Registers a machine under a name of its own. @param {string} name the beginning of it */
  async registers(name, definition, more = {}) {
    const own = `${name}-${fresh()}`
    const made = await this.call('CreateStateMachine', {
      name: own,
      definition: JSON.stringify(definition),
      roleArn: 'arn:aws:iam::000000000000:role/any',
      ...more,
    })
    return { name: own, arn: made.stateMachineArn }
  }

  /** Starts an execution; its name and ARN. */
  async starts(machine, input = {}, name = `soup-${fresh()}`) {
    const { executionArn } = await this.call('StartExecution', { stateMachineArn: machine.arn, name, input: JSON.stringify(input) })
    return { name, arn: executionArn }
  }

  /** Waits until an execution has ended, and answers with what it is then. */
  async ends({ arn }) {
    return this.comesTo({ arn }, ({ status }) => status !== 'RUNNING')
  }

  /** Waits until an execution's description is like that. */
  async comesTo({ arn }, isSo) {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const told = await this.call('DescribeExecution', { executionArn: arn })
      if (isSo(told)) return told
      if (Date.now() > deadline) throw new Error(`This execution did not get there: ${JSON.stringify(told)}`)
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  /** Any action of Step Functions; what it refuses ends the scenario. */
  async call(action, body) {
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${action}: ${answer.status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
}
