/**
 * ELK, which says where nodes stand. It is large (1.6 MB) and busy for long moments, so it is loaded late and works in a
 * worker; where a browser makes none, it works on the page's own thread, one body of a chart at a time.
 */
import ELK, { type ElkNode } from 'elkjs/lib/elk-api'

/** Lays out one flat graph. */
export type Engine = (graph: ElkNode) => Promise<ElkNode>

const ALGORITHMS = ['layered']

let engine: Promise<Engine> | undefined

/** The engine of this page, made when it is first asked for. Call it early: starting takes a worker some tenths of a second. */
export function elk(): Promise<Engine> {
  engine ??= inWorker()
    .catch(() => onThisThread())
    .catch((error: unknown) => {
      // It did not load. Whoever asks again may have more luck.
      engine = undefined
      throw error
    })
  return engine
}

/** Resolves when the worker answered once; rejects when it cannot be made or does not load. */
function inWorker(): Promise<Engine> {
  return new Promise((resolve, reject) => {
    // Throws where workers are forbidden; the promise takes it.
    const worker = new Worker(new URL('./elk.worker.ts', import.meta.url), { type: 'module', name: 'layout' })
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      worker.terminate()
      reject(new Error(event.message))
    })
    const layouts = new ELK({ algorithms: ALGORITHMS, workerFactory: () => worker })
    layouts.knownLayoutAlgorithms().then(() => resolve((graph) => layouts.layout(graph)), reject)
  })
}

/** For browsers without workers, and for tests. Each graph is laid out in a task of its own, so the page can do something between. */
export async function onThisThread(): Promise<Engine> {
  const { Worker: OnThisThread } = await import('elkjs/lib/elk-worker.min.js')
  const layouts = new ELK({ algorithms: ALGORITHMS, workerFactory: () => new OnThisThread() })
  return (graph) => layouts.layout(graph)
}
