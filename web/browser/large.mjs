/** Machines and histories that are large: how many states and events there are is said, and the rest follows from it. */

const CALL = { resourceType: 'lambda', resource: 'invoke' }
const BEGAN_S = 1_790_000_000

/** Ten states that follow one another, with a choice, a catcher, a Parallel and a Map state. */
function ten(number, next) {
  const named = (name) => `${name}${number}`
  const onwards = next === null ? { End: true } : { Next: next }
  const task = (more) => ({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: 'kitchen' }, ...more })
  return {
    [named('AskTheKitchen')]: task({
      Retry: [{ ErrorEquals: ['KitchenIsBusy'], IntervalSeconds: 1 }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: named('NoteIt') }],
      Next: named('IsItThere'),
    }),
    [named('IsItThere')]: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.gone %}', Next: named('NoteIt') }], Default: named('Prepare') },
    [named('Prepare')]: {
      Type: 'Parallel',
      Branches: ['LayTheTable', 'HeatTheOven'].map((name) => ({ StartAt: named(name), States: { [named(name)]: { Type: 'Pass', End: true } } })),
      Catch: [{ ErrorEquals: ['OvenIsBroken'], Next: named('NoteIt') }],
      Next: named('EachGuest'),
    },
    [named('EachGuest')]: {
      Type: 'Map',
      Items: '{% [1] %}',
      ItemProcessor: {
        StartAt: named('AskTheGuest'),
        States: { [named('AskTheGuest')]: task({ Next: named('BringBread') }), [named('BringBread')]: { Type: 'Pass', End: true } },
      },
      Next: named('LetItRest'),
    },
    [named('LetItRest')]: { Type: 'Wait', Seconds: 1, Next: named('NoteIt') },
    [named('NoteIt')]: { Type: 'Pass', ...onwards },
  }
}

/** A machine of this many states, a multiple of ten. @param {number} states */
export function machineOf(states) {
  const blocks = Array.from({ length: states / 10 }, (_, place) => ten(place + 1, place + 1 < states / 10 ? `AskTheKitchen${place + 2}` : null))
  return { QueryLanguage: 'JSONata', StartAt: 'AskTheKitchen1', States: Object.assign({}, ...blocks) }
}

/** A machine that does those ten for each of its items. */
export const EACH = {
  QueryLanguage: 'JSONata',
  StartAt: 'EachOrder',
  States: { EachOrder: { Type: 'Map', Items: '{% $states.input %}', ItemProcessor: { StartAt: 'AskTheKitchen1', States: ten(1, null) }, End: true } },
}

/**
 * A file as it is exported: a machine's execution from its beginning to its end. The first state is tried twice in each seventh
 * iteration.
 *
 * @param {object} definition
 * @param {number} items how many items the first Map state has; those within have one
 */
export function exported(definition, items = 1) {
  const events = []
  const add = (before, type, details = {}) => {
    const id = events.length + 1
    const kind = type.replace(/^.*(?=State(?:Entered|Exited)$)/, '')
    const member = `${kind[0].toLowerCase()}${kind.slice(1)}EventDetails`
    events.push({ id, previousEventId: before, timestamp: BEGAN_S + id / 1_000, type, [member]: details })
    return id
  }
  const data = (place) => JSON.stringify({ order: `ord_${place}`, guests: 2 })

  function flow({ StartAt, States }, before, place, length) {
    let at = before
    for (let name = StartAt; name !== undefined; name = States[name].Next ?? States[name].Default) at = state(name, States[name], at, place, length)
    return at
  }

  function state(name, said, before, place, length) {
    const { Type } = said
    const entered = entry(before, Type, name, place)
    let at = entered
    if (Type === 'Task') {
      for (const isLast of place % 7 === 3 && 'Retry' in said ? [false, true] : [true]) {
        at = add(at, 'TaskScheduled', { ...CALL, region: 'eu-central-1', parameters: data(place), timeoutInSeconds: 20 })
        at = add(at, 'TaskStarted', CALL)
        at = isLast ? add(at, 'TaskSucceeded', { ...CALL, output: data(place) }) : add(at, 'TaskFailed', { ...CALL, error: 'KitchenIsBusy', cause: 'All pots are on the stove.' })
      }
    } else if (Type === 'Parallel') {
      at = add(at, 'ParallelStateStarted')
      for (const branch of said.Branches) at = flow(branch, at, place, 1)
      at = add(at, 'ParallelStateSucceeded')
    } else if (Type === 'Map') {
      at = add(at, 'MapStateStarted', { length })
      for (let index = 0; index < length; index += 1) {
        const began = add(at, 'MapIterationStarted', { name, index })
        at = add(flow(said.ItemProcessor, began, length === 1 ? place : index, 1), 'MapIterationSucceeded', { name, index })
      }
      at = add(at, 'MapStateSucceeded')
    }
    return add(at, `${Type}StateExited`, { name, output: data(place), outputDetails: { truncated: false } })
  }

  function entry(before, type, name, place) {
    return add(before, `${type}StateEntered`, { name, input: data(place), inputDetails: { truncated: false } })
  }

  const began = add(0, 'ExecutionStarted', { input: data(0), inputDetails: { truncated: false }, roleArn: 'arn:aws:iam::000000000000:role/any' })
  add(flow(definition, began, 0, items), 'ExecutionSucceeded', { output: data(0), outputDetails: { truncated: false } })
  const arn = 'arn:aws:states:eu-central-1:000000000000'
  return {
    format: 'holdfast-execution-1',
    exportedAt: null,
    execution: {
      executionArn: `${arn}:execution:large:one`,
      stateMachineArn: `${arn}:stateMachine:large`,
      name: 'one',
      status: 'SUCCEEDED',
      startDate: BEGAN_S,
      stopDate: BEGAN_S + events.length / 1_000,
      input: data(0),
    },
    definition,
    events,
  }
}
