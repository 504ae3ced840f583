import { Alert, Badge, Button, Group, Modal, SimpleGrid, Stack, Tabs, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { useLocation, useParams } from "wouter";

import { Problem } from "../../api/client";
import { getPolicy, lint, savePolicy } from "../../api/policies";
import { useRole } from "../../api/session";
import { placeOf, syntaxErrors } from "../../logic/policy";
import { said } from "../../parts/notify";
import { Failure, Loaded, Loading, Page } from "../../parts/Page";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { PolicyForm } from "./PolicyForm";
import { TryPolicy } from "./TryPolicy";
import { Versions } from "./Versions";

const Editor = lazy(() => import("../../parts/Editor"));
const words = texts.policies;

/** Errors of a text for the editor: what is no YAML, else what the server's own check says. */
async function diagnose(text: string) {
  const broken = syntaxErrors(text);
  if (broken.length) return broken.map((place) => ({ ...place, severity: "error" as const }));
  const found = await lint(text).catch(() => ({ errors: [] }));
  return found.errors.map((fault) => ({
    ...placeOf(text, fault.field),
    message: fault.message,
    severity: "error" as const,
  }));
}

interface EditingProps {
  name: string;
  saved: string;
  etag: string;
  builtin: boolean;
}

function Editing({ name, saved, etag, builtin }: EditingProps) {
  const client = useQueryClient();
  const readOnly = !useRole("editor") || builtin;
  const [text, setText] = useState(saved);
  const [theirs, setTheirs] = useState<{ yaml: string; etag: string } | null>(null);
  const changed = text !== saved;
  useEffect(() => {
    if (!changed) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [changed]);
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: ["policy", name] });
    await client.invalidateQueries({ queryKey: ["policies"] });
  };
  const save = useMutation({
    mutationFn: (tag: string) => savePolicy(name, text, tag),
    onSuccess: async () => {
      setTheirs(null);
      said(words.saved(name));
      await refresh();
    },
    onError: async (error) => {
      if (!(error instanceof Problem) || error.status !== 412) return;
      const found = await getPolicy(name);
      setTheirs({ yaml: found.policy.yaml, etag: found.etag });
    },
  });
  const conflict = save.error instanceof Problem && save.error.status === 412;
  return (
    <Stack>
      {readOnly && builtin && <Alert color="gray">{words.readOnly}</Alert>}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <Stack gap="sm">
          <Suspense fallback={<Loading />}>
            <Editor
              value={text}
              label={`${words.yaml}: ${name}`}
              onChange={readOnly ? undefined : setText}
              diagnose={readOnly ? undefined : diagnose}
              height="640px"
            />
          </Suspense>
          {save.error && !conflict && <Failure error={save.error} />}
          {!readOnly && (
            <Group>
              <Button onClick={() => save.mutate(etag)} loading={save.isPending} disabled={!changed}>
                {words.save}
              </Button>
              {changed && (
                <Button variant="default" onClick={() => setText(saved)}>
                  {texts.common.undo}
                </Button>
              )}
              <Text size="sm" c="dimmed">
                {changed ? texts.errors.unsaved : words.noChanges}
              </Text>
            </Group>
          )}
        </Stack>
        <Stack gap="lg">
          <PolicyForm text={text} readOnly={readOnly} types={[]} onChange={setText} />
          <TryPolicy name={name} yaml={text} changed={changed} />
        </Stack>
      </SimpleGrid>
      <Modal
        opened={theirs !== null}
        onClose={() => setTheirs(null)}
        title={words.conflictTitle}
        size="xl"
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        {theirs && (
          <Stack>
            <Text>{words.conflictBody}</Text>
            <Suspense fallback={<Loading />}>
              <Editor value={text} before={theirs.yaml} label={words.conflictTitle} height="420px" />
            </Suspense>
            <Group justify="flex-end">
              <Button
                variant="default"
                onClick={() => {
                  setText(theirs.yaml);
                  setTheirs(null);
                  save.reset();
                  void refresh();
                }}
              >
                {words.takeTheirs}
              </Button>
              <Button onClick={() => save.mutate(theirs.etag)} loading={save.isPending}>
                {words.keepMine}
              </Button>
            </Group>
          </Stack>
        )}
      </Modal>
    </Stack>
  );
}

/** One policy: its text and form, its versions, its test cases. */
export default function Policy() {
  const { name = "", part = "edit" } = useParams<{ name: string; part?: string }>();
  const [, go] = useLocation();
  const found = useQuery({ queryKey: ["policy", name], queryFn: () => getPolicy(name) });
  return (
    <Page
      title={name}
      lead={found.data?.policy.description}
      back={{ href: "/policies", label: words.title }}
      actions={
        found.data && (
          <Badge size="lg" variant="default" leftSection={<Icon name="shield" size={14} />}>
            {found.data.policy.builtin ? words.builtin : words.version(found.data.policy.version)}
          </Badge>
        )
      }
    >
      <Tabs value={part} onChange={(next) => go(`/policies/${name}/${next ?? "edit"}`)} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="edit">{words.tabs.edit}</Tabs.Tab>
          <Tabs.Tab value="versions">{words.tabs.versions}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="edit">
          <Loaded query={found}>
            {({ policy, etag }) => (
              <Editing
                key={policy.yaml}
                name={name}
                saved={policy.yaml}
                etag={etag}
                builtin={policy.builtin}
              />
            )}
          </Loaded>
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions name={name} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
