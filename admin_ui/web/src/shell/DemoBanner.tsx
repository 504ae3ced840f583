import { Alert } from "@mantine/core";

import { useAbout } from "../api/about";
import { countdown } from "../logic/format";
import { useNow } from "../logic/now";
import { texts } from "../texts";

/** In a public demo: when everything is deleted next. Nothing elsewhere. */
export function DemoBanner() {
  const next = useAbout().data?.next_reset;
  const now = useNow(1000);
  if (!next) return null;
  return (
    <Alert color="orange" mb="md" py="xs" role="note">
      {texts.demoReset(countdown(Date.parse(next) - now))}
    </Alert>
  );
}
