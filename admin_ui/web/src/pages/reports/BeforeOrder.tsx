import { Alert, Badge, Button, Card, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";

import { api } from "../../api/client";
import { ENDED, type Order, type Run } from "../../api/reports";
import type { Schemas } from "../../api/schemas";
import { useProgress } from "../../logic/progress";
import { failed } from "../../parts/notify";
import { Framed } from "../../parts/Framed";
import { Failure, Loaded } from "../../parts/Page";
import { Highlight } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { tokens } from "../../logic/spans";

const words = texts.reports.leaving;
const pathOf = (id: string) => `/reports/${encodeURIComponent(id)}`;

interface PromptsProps {
  run: Run;
  /** Called when these very prompts were let go. */
  onSent: () => void;
}

function Waiting({ run, onSent }: PromptsProps) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const preview = useQuery({
    queryKey: ["report", run.id, "preview"],
    queryFn: () => api.get<Schemas["PreviewView"]>(`${pathOf(run.id)}/preview`),
    gcTime: 0,
    retry: false,
  });
  const send = useMutation({
    mutationFn: (version: string) => api.post(`${pathOf(run.id)}/review`, { decision: "send", version }),
    onSuccess: async () => {
      onSent();
      await client.invalidateQueries({ queryKey: ["report", run.id] });
      go(`/reports/${run.id}`);
    },
    onError: failed,
  });
  return (
    <Loaded query={preview}>
      {({ version, system, items }) => (
        <Stack>
          <Alert color="teal" icon={<Icon name="shield" />} title={words.title}>
            {items.length ? words.lead : texts.reports.seenNothing}
          </Alert>
          {items.length > 0 && (
            <Card>
              <Title order={3} mb="xs">
                {texts.reports.reviewing.system}
              </Title>
              <Framed wrap label={texts.reports.reviewing.system}>
                {system}
              </Framed>
            </Card>
          )}
          {items.map((prompt) => (
            <Card key={prompt.section} data-testid="leaving">
              <Group justify="space-between" mb="xs">
                <Title order={3}>{prompt.title}</Title>
                <Badge variant="default">{prompt.models.join(" → ")}</Badge>
              </Group>
              <Framed label={prompt.title}>
                <Highlight text={prompt.prompt} spans={tokens(prompt.prompt)} />
              </Framed>
            </Card>
          ))}
          <Group>
            <Button
              onClick={() => send.mutate(version)}
              loading={send.isPending}
              leftSection={<Icon name="play" size={16} />}
            >
              {words.send}
            </Button>
            <Button variant="default" component={Link} href={`/reports/${run.id}`} onClick={onSent}>
              {words.mark}
            </Button>
          </Group>
        </Stack>
      )}
    </Loaded>
  );
}

/**
 * The prompts of an order before it is one: a run that waits for its review. It is deleted when the order changes or
 * the person leaves, unless they let it go; nothing of it was sent then.
 */
function Prepared({ id, onSent }: { id: string; onSent: () => void }) {
  const found = useQuery({
    queryKey: ["report", id],
    queryFn: () => api.get<Run>(pathOf(id)),
  });
  const run = found.data;
  useProgress(id, run !== undefined && !ENDED.includes(run.state) && run.state !== "waiting");
  return (
    <Loaded query={found}>
      {(shown) =>
        shown.state === "waiting" ? (
          <Waiting run={shown} onSent={onSent} />
        ) : shown.failure ? (
          <Alert color="red" role="alert">
            {shown.failure}
          </Alert>
        ) : (
          <div role="status">
            <Progress value={Math.max(3, shown.progress)} animated aria-label={words.preparing} />
            <Text size="sm" c="dimmed" mt={6}>
              {words.preparing}
            </Text>
          </div>
        )
      }
    </Loaded>
  );
}

/** A button that shows the exact prompts of this order, which leave when the person says so. */
export function BeforeOrder({ order, disabled }: { order: Order; disabled: boolean }) {
  const client = useQueryClient();
  const [sent, setSent] = useState(false);
  const draft = useRef<{ id: string | null; gone: boolean }>({ id: null, gone: false });
  const drop = (id: string) =>
    api.remove(pathOf(id)).then(() => client.invalidateQueries({ queryKey: ["reports"] }));
  const prepare = useMutation({
    mutationFn: () => api.post<Run>("/reports", { ...order, review: true }),
    onSuccess: async ({ id }) => {
      if (draft.current.gone) await drop(id);
      else draft.current.id = id;
    },
  });
  const keep = () => {
    draft.current.id = null;
    setSent(true);
  };
  // The page shows another one of these for another order.
  useEffect(() => {
    const mine = draft.current;
    mine.gone = false;
    return () => {
      mine.gone = true;
      if (mine.id) void drop(mine.id);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- when the page goes, whatever else has changed
  }, []);
  return (
    <Stack>
      <Title order={2}>{words.heading}</Title>
      {!prepare.data && (
        <Group>
          <Button
            variant="default"
            disabled={disabled}
            loading={prepare.isPending}
            onClick={() => prepare.mutate()}
            leftSection={<Icon name="eye" size={16} />}
          >
            {words.show}
          </Button>
          <Text size="sm" c="dimmed" flex="1 1 260px">
            {words.showHelp}
          </Text>
        </Group>
      )}
      {prepare.error && <Failure error={prepare.error} />}
      {prepare.data && !sent && <Prepared id={prepare.data.id} onSent={keep} />}
    </Stack>
  );
}
