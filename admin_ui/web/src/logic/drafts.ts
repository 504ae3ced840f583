import { useEffect, useSyncExternalStore } from "react";

/** Unsaved work by its place, in this page's memory only: gone when the tab is closed or the person signs out. */
const kept = new Map<string, { draft: unknown; asks: boolean }>();
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

/** `asks`: the browser asks before the tab is closed. */
export function keepDraft(place: string, draft: unknown, asks = true): void {
  if (draft === undefined) kept.delete(place);
  else kept.set(place, { draft, asks });
  tell();
}

export function draftAt<T>(place: string): T | undefined {
  return kept.get(place)?.draft as T | undefined;
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

/**
 * What is filled in at a place: kept like a draft, but so soon typed anew that the browser does not ask about it.
 * The first value, its change (the newest one is changed, also from what runs late) and a way to begin anew.
 */
export function useKept<T extends object>(
  place: string,
  start: T,
): [T, (part: Partial<T>) => void, () => void] {
  const value = useSyncExternalStore(watch, () => draftAt<T>(place)) ?? start;
  const change = (part: Partial<T>) => keepDraft(place, { ...(draftAt<T>(place) ?? start), ...part }, false);
  return [value, change, () => keepDraft(place, undefined)];
}

/** Has the browser ask before it closes a tab with unsaved work in it. */
export function useWarnBeforeLeaving(): void {
  const unsaved = useSyncExternalStore(watch, () => [...kept.values()].some(({ asks }) => asks));
  useEffect(() => {
    if (!unsaved) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [unsaved]);
}
