import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import { pageCloses, Problem } from "../api/client";
import { texts } from "../texts";

export function said(message: string): void {
  notifications.show({ message, color: "teal" });
}

export function failed(error: unknown): void {
  const problem = error instanceof Problem ? error : null;
  const id = problem?.id ? ` (${problem.id})` : "";
  const first = problem?.errors[0];
  const body =
    (problem?.detail ||
      first?.message ||
      (problem?.status === 0 ? texts.errors.unreachable : texts.errors.pageBody)) + id;
  notifications.show({
    title: problem?.title ?? texts.errors.pageTitle,
    message: body,
    color: "red",
    autoClose: 9000,
  });
}

type Act = () => Promise<unknown>;

/** What will happen when its time to be undone is over. */
const pending = new Map<string, Act>();

/** Do now what waits: whoever leaves cannot undo it any more, and must not find it undone. */
export function finishNow(): Promise<unknown> {
  const acts = [...pending.values()];
  pending.clear();
  return Promise.allSettled(acts.map((act) => act()));
}

window.addEventListener("pagehide", () => {
  pageCloses(true);
  void finishNow();
});
window.addEventListener("pageshow", () => pageCloses(false));

/** Says that something will be gone and offers to undo it; `act` runs when the time for that is over. */
export function undoable(what: string, act: Act, onUndo: () => void): void {
  const id = `undo-${Date.now()}-${pending.size}`;
  pending.set(id, act);
  notifications.show({
    id,
    autoClose: 6000,
    color: "gray",
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" className="stretch" style={{ overflowWrap: "anywhere" }}>
          {texts.common.deleted(what)}
        </Text>
        <Button
          size="compact-sm"
          variant="subtle"
          style={{ flexShrink: 0 }}
          onClick={() => {
            pending.delete(id);
            notifications.hide(id);
            onUndo();
          }}
        >
          {texts.common.undo}
        </Button>
      </Group>
    ),
    onClose: () => {
      if (pending.delete(id))
        act().catch((error: unknown) => {
          onUndo();
          failed(error);
        });
    },
  });
}
