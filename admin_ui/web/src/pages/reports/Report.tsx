import { Alert, Badge, Button, Card, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useParams } from "wouter";

import { api } from "../../api/client";
import { ENDED, type Run, useTitle } from "../../api/reports";
import { useRole } from "../../api/session";
import { useProgress } from "../../logic/progress";
import { stepLabel } from "../../logic/steps";
import { failed, said, undoable } from "../../parts/notify";
import { ObjectRights } from "../../parts/ObjectRights";
import { Loaded, Page } from "../../parts/Page";
import { Parts } from "../../parts/Parts";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { Links } from "./Links";
import { Prompts } from "./Prompts";
import { Review } from "./Review";
import { State } from "./State";
import { Viewer } from "./Viewer";

const words = texts.reports;

function underWay(run: Run | undefined): boolean {
  return run !== undefined && !ENDED.includes(run.state) && run.state !== "waiting";
}

function UnderWay({ run }: { run: Run }) {
  const client = useQueryClient();
  const editor = useRole("editor");
  const act = useMutation({
    mutationFn: (what: "cancel" | "retry") => api.post(`/reports/${run.id}/${what}`),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: ["report", run.id] }),
  });
  return (
    <Card role="status">
      <Group justify="space-between" mb="sm">
        <Title order={2}>{words.progress}</Title>
        <State run={run} />
      </Group>
      {underWay(run) && (
        <>
          <Progress
            value={Math.max(3, run.progress)}
            size="lg"
            animated={run.state === "running"}
            aria-label={words.progress}
          />
          <Text size="sm" c="dimmed" mt={6}>
            {run.state === "queued" ? words.queuedHelp : stepLabel(run.step)}
          </Text>
        </>
      )}
      {run.failure && (
        <Alert color="red" role="alert">
          {run.failure} {words.failedHelp}
        </Alert>
      )}
      {editor && (
        <Group mt="md">
          {underWay(run) && (
            <Button
              variant="default"
              leftSection={<Icon name="stop" size={16} />}
              onClick={() => act.mutate("cancel")}
              loading={act.isPending}
            >
              {words.cancel}
            </Button>
          )}
          {(run.state === "failed" || run.state === "cancelled") && (
            <Button
              leftSection={<Icon name="rotate" size={16} />}
              onClick={() => act.mutate("retry")}
              loading={act.isPending}
            >
              {words.retry}
            </Button>
          )}
        </Group>
      )}
    </Card>
  );
}

function Actions({ run }: { run: Run }) {
  const titleOf = useTitle();
  const client = useQueryClient();
  const [, go] = useLocation();
  const editor = useRole("editor");
  const admin = useRole("admin");
  const approve = useMutation({
    mutationFn: () => api.post<Run>(`/reports/${run.id}/approve`),
    onSuccess: async () => {
      said(words.published);
      await client.invalidateQueries({ queryKey: ["report", run.id] });
    },
    onError: failed,
  });
  const remove = () => {
    go("/reports");
    undoable(
      words.removed(titleOf(run.template)),
      () => api.remove(`/reports/${run.id}`).then(() => client.invalidateQueries({ queryKey: ["reports"] })),
      () => go(`/reports/${run.id}`),
    );
  };
  return (
    <>
      {run.approved_by && <Badge color="teal">{words.approvedBy(run.approved_by)}</Badge>}
      {editor && run.state === "done" && !run.approved_by && (
        <Button
          onClick={() => approve.mutate()}
          loading={approve.isPending}
          leftSection={<Icon name="check" size={16} />}
        >
          {words.approve}
        </Button>
      )}
      {admin && <ObjectRights kind="report" id={run.id} name={titleOf(run.template)} />}
      {editor && (
        <Button variant="subtle" color="red" onClick={remove}>
          {words.remove}
        </Button>
      )}
    </>
  );
}

/** One report: its progress, then the report itself, and what the model saw. */
export default function Report() {
  const { id = "", part } = useParams<{ id: string; part?: string }>();
  const titleOf = useTitle();
  const editor = useRole("editor");
  const found = useQuery({
    queryKey: ["report", id],
    queryFn: () => api.get<Run>(`/reports/${encodeURIComponent(id)}`),
    // Beside the server's events: a stream that a proxy or a restart has ended does not come back by itself.
    refetchInterval: (query) => (underWay(query.state.data) ? 10_000 : false),
  });
  const run = found.data;
  useProgress(id, underWay(run));
  return (
    <Page
      title={run ? titleOf(run.template) : words.title}
      lead={run?.jar}
      back={{ href: "/reports", label: words.title }}
      actions={run && <Actions run={run} />}
    >
      <Loaded query={found}>
        {(shown) =>
          shown.state !== "done" ? (
            <Stack>
              <UnderWay run={shown} />
              {shown.state === "waiting" && <Review run={shown} />}
            </Stack>
          ) : (
            <Parts
              at={`/reports/${id}`}
              part={part}
              parts={[
                { name: "document", label: words.tabs.document, content: <Viewer run={shown} /> },
                { name: "seen", label: words.tabs.seen, content: <Prompts id={id} /> },
                ...(editor ? [{ name: "links", label: words.tabs.links, content: <Links id={id} /> }] : []),
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}
