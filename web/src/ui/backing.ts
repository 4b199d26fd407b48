/** Back on Android, where it closes what lies over the page before it leaves the page; dialogs and menus have it by themselves. */

interface Watcher {
  onclose: (() => void) | null;
  destroy(): void;
}

/** Call `run` at the next Back instead of leaving; what is returned lets go of it. */
export function onBack(run: () => void): () => void {
  const { CloseWatcher } = window as { CloseWatcher?: new () => Watcher };
  if (CloseWatcher === undefined) return () => undefined;
  const watcher = new CloseWatcher();
  watcher.onclose = run;
  return () => watcher.destroy();
}
