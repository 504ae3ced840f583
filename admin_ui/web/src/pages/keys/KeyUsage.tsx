import { Box, Modal, SegmentedControl, Stack } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api } from "../../api/client";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { money } from "../../logic/format";
import { ObjectRights } from "../../parts/ObjectRights";
import { Loaded } from "../../parts/Page";
import { texts } from "../../texts";
import { Bands } from "../dashboard/Bands";
import { labelled } from "../dashboard/figures";
import { limitsSaid } from "./LimitFields";

const words = texts.keys.usage;
type Key = Schemas["Key"];

function Chart({ item }: { item: Key }) {
  const [range, setRange] = useState("7d");
  const used = useQuery({
    queryKey: ["keys", item.id, "usage", range],
    queryFn: () => api.get<Schemas["KeyUsage"]>(`/keys/${encodeURIComponent(item.id)}/usage`, { range }),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  });
  return (
    <Stack>
      <SegmentedControl
        aria-label={texts.dashboard.range}
        data={Object.entries(texts.dashboard.ranges).map(([value, label]) => ({ value, label }))}
        value={range}
        onChange={setRange}
        size="xs"
      />
      <Loaded query={used}>
        {(found) => (
          <Bands
            rows={labelled(found)}
            names={{ good: words.good, bad: words.failed }}
            summary={[
              words.said(
                found.requests,
                found.failed,
                found.tokens_in + found.tokens_out,
                found.cost === null ? "" : money(found.cost),
              ),
              ...limitsSaid(item.limits),
            ].join(" · ")}
          />
        )}
      </Loaded>
    </Stack>
  );
}

/** How a key was used, step by step, beside what it may use. */
export function KeyUsage({ item, onClose }: { item: Key | null; onClose: () => void }) {
  const admin = useRole("admin");
  return (
    <Modal
      opened={item !== null}
      onClose={onClose}
      size="lg"
      title={item && words.ofKey(item.name)}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      {item && <Chart key={item.id} item={item} />}
      {item && admin && item.source === "database" && (
        <Box mt="md">
          <ObjectRights kind="key" id={item.id} name={item.name} />
        </Box>
      )}
    </Modal>
  );
}
