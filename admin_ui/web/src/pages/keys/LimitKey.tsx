import { Button, Modal, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { said } from "../../parts/notify";
import { Failure } from "../../parts/Page";
import { texts } from "../../texts";
import { LimitFields } from "./LimitFields";

const words = texts.keys.limits;

function Form({ item, onClose }: { item: Schemas["Key"]; onClose: () => void }) {
  const client = useQueryClient();
  const [limits, setLimits] = useState(item.limits);
  const save = useMutation({
    mutationFn: () => api.patch(`/keys/${item.id}`, { limits }, { "If-Match": `"${item.version}"` }),
    onSuccess: async () => {
      onClose();
      said(words.saved(item.name));
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  return (
    <Stack>
      <LimitFields limits={limits} onChange={setLimits} />
      {save.error && <Failure error={save.error} />}
      <Button className="act" onClick={() => save.mutate()} loading={save.isPending}>
        {texts.common.save}
      </Button>
    </Stack>
  );
}

/** Changes what a key may use; it counts within two seconds, the secret stays. */
export function LimitKey({ item, onClose }: { item: Schemas["Key"] | null; onClose: () => void }) {
  return (
    <Modal
      opened={item !== null}
      onClose={onClose}
      size="lg"
      title={item && words.title(item.name)}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      {item && <Form key={item.id} item={item} onClose={onClose} />}
    </Modal>
  );
}
