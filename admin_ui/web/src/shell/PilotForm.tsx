import { Button, Checkbox, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { api } from "../api/client";
import { failed, said } from "../parts/notify";
import { texts } from "../texts";

const words = texts.demo;

/** Who wants to be written to says so, and that their address outlives the reset. */
export function PilotForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [organisation, setOrganisation] = useState("");
  const [wish, setWish] = useState("");
  const [agreed, setAgreed] = useState(false);
  const send = useMutation({
    mutationFn: () => api.post("/demo/pilot", { email, organisation, wish, agreed }),
    onSuccess: () => {
      setEmail("");
      setOrganisation("");
      setWish("");
      setAgreed(false);
      said(words.sent);
      onClose();
    },
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={words.pilot}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{words.pilotBody}</Text>
          <TextInput
            type="email"
            label={words.email}
            required
            maxLength={254}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <TextInput
            label={words.organisation}
            maxLength={200}
            value={organisation}
            onChange={(event) => setOrganisation(event.currentTarget.value)}
          />
          <Textarea
            label={words.wish}
            maxLength={1000}
            autosize
            minRows={2}
            value={wish}
            onChange={(event) => setWish(event.currentTarget.value)}
          />
          <Checkbox
            label={words.agree}
            checked={agreed}
            onChange={(event) => setAgreed(event.currentTarget.checked)}
          />
          <Button type="submit" disabled={!agreed || !email} loading={send.isPending}>
            {words.send}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
