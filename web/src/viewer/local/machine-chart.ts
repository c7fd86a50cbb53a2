/** A machine's definition, for whoever chooses a state of it. */
import { api, ask } from '../../api/client'
import { chartOfDefinition, definitionIn } from '../source/shown'
import type { Chart } from '../types'

/** A machine as it is deployed now; `null` if its definition cannot be drawn. */
export async function readMachineChart(arn: string, signal: AbortSignal | null = null): Promise<Chart | null> {
  const machine = await ask(api.GET('/api/ops/machine', { params: { query: { arn } }, signal }))
  return chartOfDefinition(definitionIn(machine))
}
