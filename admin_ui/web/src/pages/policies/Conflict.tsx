import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { lazy, Suspense } from "react";

import { Loading } from "../../parts/Page";
import { texts } from "../../texts";

const Editor = lazy(() => import("../../parts/Editor"));
const words = texts.policies;

export interface Theirs {
  yaml: string;
  etag: string;
  by: string;
}

interface ConflictProps {
  theirs: Theirs | null;
  mine: string;
  saving: boolean;
  onKeepMine: (etag: string) => void;
  onTakeTheirs: () => void;
  onClose: () => void;
}

/** Two people edited one policy: both texts as a difference, and the choice between them. */
export function Conflict({ theirs, mine, saving, onKeepMine, onTakeTheirs, onClose }: ConflictProps) {
  return (
    <Modal
      opened={theirs !== null}
      onClose={onClose}
      title={words.conflictTitle}
      size="xl"
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      {theirs && (
        <Stack>
          <Text>{words.conflictBody(theirs.by)}</Text>
          <Suspense fallback={<Loading />}>
            <Editor value={mine} before={theirs.yaml} label={words.conflictTitle} height="420px" />
          </Suspense>
          <Group justify="flex-end">
            <Button variant="default" onClick={onTakeTheirs}>
              {words.takeTheirs}
            </Button>
            <Button onClick={() => onKeepMine(theirs.etag)} loading={saving}>
              {words.keepMine}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
