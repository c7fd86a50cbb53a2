/** A machine of many kinds of states within one another, and what happens in it. */
import { asking } from './machines.mjs'

/** A machine with states within states of every kind. @param child the machine that is started within */
export const banquet = (child) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Prepare',
  States: {
    Prepare: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'AskTheKitchen',
          States: { AskTheKitchen: asking({ Retry: [{ ErrorEquals: ['KitchenIsBusy'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 4 }], End: true }) },
        },
        {
          StartAt: 'EachTable',
          States: {
            EachTable: {
              Type: 'Map',
              Items: '{% $states.input.tables %}',
              ItemProcessor: {
                StartAt: 'EachGuest',
                States: {
                  EachGuest: {
                    Type: 'Map',
                    Items: '{% $states.input %}',
                    ItemProcessor: {
                      StartAt: 'IsGuestHungry',
                      States: {
                        IsGuestHungry: { Type: 'Choice', Choices: [{ Condition: "{% $states.input = 'gone' %}", Next: 'GuestHasLeft' }], Default: 'ServeGuest' },
                        GuestHasLeft: { Type: 'Fail', Error: 'GuestHasLeft', Cause: 'The chair is empty.' },
                        ServeGuest: { Type: 'Pass', End: true },
                      },
                    },
                    Catch: [{ ErrorEquals: ['GuestHasLeft'], Next: 'ClearTheTable' }],
                    End: true,
                  },
                  ClearTheTable: { Type: 'Pass', End: true },
                },
              },
              End: true,
            },
          },
        },
      ],
      Output: '{% $states.input %}',
      Next: 'LetSomebodyTaste',
    },
    LetSomebodyTaste: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: child.arn, Input: { spoon: 1 } },
      Output: '{% $states.input %}',
      TimeoutSeconds: 60,
      Next: 'SendHome',
    },
    SendHome: {
      Type: 'Map',
      Label: 'SendHome',
      Items: '{% $states.input.parcels %}',
      ToleratedFailureCount: 1,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'IsAddressKnown',
        States: {
          IsAddressKnown: { Type: 'Choice', Choices: [{ Condition: "{% $states.input = 'nowhere' %}", Next: 'CannotBeSent' }], Default: 'Sent' },
          CannotBeSent: { Type: 'Fail', Error: 'NoSuchAddress', Cause: 'The street does not exist.' },
          Sent: { Type: 'Succeed' },
        },
      },
      End: true,
    },
  },
})

/** An input: at the second table somebody is missing, and one parcel cannot be sent. */
export const DINNER = { tables: [['hungry', 'hungry'], ['hungry', 'gone', 'hungry'], ['hungry']], parcels: ['here', 'nowhere', 'there'] }

/** A fault of the local engine: what is asked first is refused twice. */
export const BUSY = { state: 'AskTheKitchen', do: { fail: { error: 'KitchenIsBusy', cause: 'All pots are on the stove.' } }, times: 2 }
