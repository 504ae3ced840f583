import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { api } from "../../api/client";
import type { Order } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { when } from "../../logic/format";
import { said } from "../../parts/notify";
import { Failure } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.reports;
const OWN = "own";
const USUAL: Record<string, string> = { day: "0 6 * * *", week: "0 6 * * 1", month: "0 6 1 * *" };

/** Has a report made again and again, instead of or beside making it now. */
export function Repeat({ order, disabled }: { order: Order; disabled: boolean }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const [opened, { open, close }] = useDisclosure(false);
  const [every, setEvery] = useState("week");
  const [own, setOwn] = useState("");
  const cron = USUAL[every] ?? own.trim();
  const keep = useMutation({
    mutationFn: () => api.post<Schemas["ScheduleView"]>("/report-schedules", { order, cron }),
    onSuccess: async (made) => {
      said(words.scheduled(when(made.next_at)));
      await client.invalidateQueries({ queryKey: ["report-schedules"] });
      go("/reports");
    },
  });
  return (
    <>
      <Button
        size="md"
        variant="default"
        onClick={open}
        disabled={disabled}
        leftSection={<Icon name="clock" size={18} />}
      >
        {words.schedule}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={words.schedule}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {words.scheduleLead}
          </Text>
          <Select
            label={words.cron}
            data={[...Object.keys(USUAL), OWN].map((value) => ({
              value,
              label: words.every[value] ?? value,
            }))}
            value={every}
            onChange={(value) => setEvery(value ?? "week")}
            allowDeselect={false}
          />
          {every === OWN && (
            <TextInput
              label={words.cronOwn}
              description={words.cronHelp}
              value={own}
              onChange={(event) => setOwn(event.currentTarget.value)}
            />
          )}
          {keep.error && <Failure error={keep.error} />}
          <Group justify="flex-end">
            <Button onClick={() => keep.mutate()} loading={keep.isPending} disabled={!cron}>
              {words.scheduleKeep}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
