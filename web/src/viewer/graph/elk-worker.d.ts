/** The part of ELK that has no types of its own: outside of a worker it has something that behaves like one. */
declare module 'elkjs/lib/elk-worker.min.js' {
  type WorkerLike = Worker
  const OnThisThread: new (url?: string) => WorkerLike
  export { OnThisThread as Worker }
}
