import { Alert, Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { useAbout } from "../api/about";
import { api } from "../api/client";
import { placeOf } from "../logic/demo";
import { countdown } from "../logic/format";
import { useNow } from "../logic/now";
import { failed, said } from "../parts/notify";
import { texts } from "../texts";
import { Icon } from "./Icon";
import { PilotForm } from "./PilotForm";

const words = texts.demo;

/** In a public demo: when everything is deleted next, one click to say what one thinks, and a way to a pilot. */
export function DemoBanner() {
  const next = useAbout().data?.next_reset;
  const now = useNow(1000);
  const place = placeOf(useLocation()[0]);
  const [asking, setAsking] = useState(false);
  const tell = useMutation({
    mutationFn: (liked: boolean) => api.post("/demo/feedback", { liked, place }),
    onSuccess: () => said(words.thanks),
    onError: failed,
  });
  if (!next) return null;
  return (
    <Alert color="orange" mb="md" py="xs" role="note">
      <Group justify="space-between" gap="xs">
        <Text size="sm" flex={1} miw={260}>
          {texts.demoReset(countdown(Date.parse(next) - now))}
        </Text>
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.liked}
            onClick={() => tell.mutate(true)}
          >
            <Icon name="liked" size={16} />
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.disliked}
            onClick={() => tell.mutate(false)}
          >
            <Icon name="disliked" size={16} />
          </Button>
          <Button size="compact-sm" onClick={() => setAsking(true)}>
            {words.pilot}
          </Button>
        </Group>
      </Group>
      <PilotForm opened={asking} onClose={() => setAsking(false)} />
    </Alert>
  );
}
