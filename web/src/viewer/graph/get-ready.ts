/** Gets the engine that lays out graphs ready while a history is still being found and read: starting takes it some tenths of a second. */
export function getReady(): void {
  // What does not come now is asked for again, and told, when something is to be drawn.
  void import('./engine').then(({ elk }) => elk()).catch(() => undefined)
}
