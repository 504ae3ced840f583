import { useEffect, useSyncExternalStore } from "react";

/** Unsaved work by its place, in this page's memory only: gone when the tab is closed or the person signs out. */
const kept = new Map<string, unknown>();
const watchers = new Set<() => void>();
let owner: string | null = null;

function tell(): void {
  watchers.forEach((watcher) => watcher());
}

/** Work of somebody else is not shown to who signs in next in the same tab; null: nobody is signed in any more. */
export function draftsOf(person: string | null): void {
  if (person !== owner && owner !== null) kept.clear();
  owner = person;
  tell();
}

export function keepDraft(place: string, draft: unknown): void {
  if (draft === undefined) kept.delete(place);
  else kept.set(place, draft);
  tell();
}

export function draftAt<T>(place: string): T | undefined {
  return kept.get(place) as T | undefined;
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/**
 * What somebody has written at a place and not saved yet, and the way to change it (`undefined`: saved, or given up).
 * It outlives a change of page, a server that is away and the end of a session, after which the same person signs in again.
 */
export function useDraft<T>(place: string): [T | undefined, (draft: T | undefined) => void] {
  const draft = useSyncExternalStore(watch, () => draftAt<T>(place));
  return [draft, (next) => keepDraft(place, next)];
}

/** Has the browser ask before it closes a tab with unsaved work in it. */
export function useWarnBeforeLeaving(): void {
  const unsaved = useSyncExternalStore(watch, () => kept.size > 0);
  useEffect(() => {
    if (!unsaved) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [unsaved]);
}
