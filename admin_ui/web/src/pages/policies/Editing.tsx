import { Alert, Button, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";

import { type CaseResult, runCases } from "../../api/cases";
import { Problem } from "../../api/client";
import { getPolicy, lint, removePolicy, savePolicy } from "../../api/policies";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { useDraft } from "../../logic/drafts";
import { lineAt, syntaxErrors } from "../../logic/policy";
import { said, undoable } from "../../parts/notify";
import { Failure, Loading } from "../../parts/Page";
import { texts } from "../../texts";
import { Conflict, type Theirs } from "./Conflict";
import { PolicyForm } from "./PolicyForm";
import { Trial } from "./Trial";
import { TryPolicy } from "./TryPolicy";

const Editor = lazy(() => import("../../parts/Editor"));
const words = texts.policies;

interface Diagnosed {
  from: number;
  to: number;
  line: number;
  message: string;
  severity: "error";
}

/** Errors of a text for the editor: what is no YAML, else what the server's own check says. */
async function diagnose(text: string): Promise<Diagnosed[]> {
  const broken = syntaxErrors(text);
  if (broken.length)
    return broken.map((place) => ({
      ...place,
      line: text.slice(0, place.from).split("\n").length,
      severity: "error" as const,
    }));
  const found = await lint(text).catch(() => ({ faults: [] as Schemas["Fault"][] }));
  return found.faults.map((fault) => ({
    ...lineAt(text, fault.line),
    line: fault.line,
    message: fault.message,
    severity: "error" as const,
  }));
}

/** What is wrong with the text, line by line: the marks at its edge say it only to who points at them. */
function Faults({ faults }: { faults: readonly Diagnosed[] }) {
  if (!faults.length) return null;
  return (
    <Alert color="red" role="status" title={texts.errors.titles[422]} data-testid="faults">
      {faults.map((fault) => (
        <Text size="sm" key={`${fault.line} ${fault.message}`}>
          <b>{words.faultAt(fault.line)}</b> {fault.message}
        </Text>
      ))}
    </Alert>
  );
}

/** The test cases that a draft would break, and the way to save it all the same. */
function Broken({ results, onSave }: { results: readonly CaseResult[]; onSave: () => void }) {
  if (!results.length) return null;
  return (
    <Alert color="red" role="alert" title={words.cases.broken(results.length)}>
      <Text size="sm">{words.cases.brokenHelp}</Text>
      {results.slice(0, 5).map((one) => (
        <div key={one.text} className="mono wrap">
          − {one.expected}
          {"\n"}+ {one.shown}
        </div>
      ))}
      <Button size="xs" variant="default" mt="sm" onClick={onSave}>
        {words.cases.anyway}
      </Button>
    </Alert>
  );
}

/** A text that is not saved yet, and the version that it was made from: a newer one is not overwritten unseen. */
interface Draft {
  text: string;
  note: string;
  etag: string;
}

interface EditingProps {
  policy: Schemas["PolicyAnswer"];
  etag: string;
}

/** The policy's text and its form side by side; saving makes a version, unless somebody else was faster. */
export function Editing({ policy, etag }: EditingProps) {
  const client = useQueryClient();
  const readOnly = !useRole("editor");
  const looks = useRole("auditor") || !readOnly;
  const [draft, setDraft] = useDraft<Draft>(`policy/${policy.name}`);
  const { text, note, etag: base } = draft ?? { text: policy.yaml, note: "", etag };
  const setText = (next: string) =>
    setDraft(next === policy.yaml ? undefined : { text: next, note, etag: base });
  const [faults, setFaults] = useState<readonly Diagnosed[]>([]);
  const check = async (checked: string) => {
    const found = await diagnose(checked);
    setFaults(found);
    return found;
  };
  const [theirs, setTheirs] = useState<Theirs | null>(null);
  const changed = text !== policy.yaml;
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: ["policies"] });
    await client.invalidateQueries({ queryKey: ["policy", policy.name] });
  };
  const [broken, setBroken] = useState<readonly CaseResult[]>([]);
  const save = useMutation({
    mutationFn: async ({ tag, tested }: { tag: string; tested: boolean }) => {
      const failures = tested
        ? (await runCases(policy.name, { yaml: text })).filter((one) => !one.passed)
        : [];
      setBroken(failures);
      if (failures.length) return false;
      await savePolicy(policy.name, text, tag, note);
      return true;
    },
    onSuccess: async (saved) => {
      if (!saved) return;
      setTheirs(null);
      said(words.saved(policy.name));
      await refresh();
      setDraft(undefined);
    },
    onError: async (error) => {
      if (!(error instanceof Problem) || error.status !== 412) return;
      const found = await getPolicy(policy.name);
      setTheirs({ yaml: found.policy.yaml, etag: found.etag, by: found.policy.updated_by ?? "" });
    },
  });
  const [leaving, setLeaving] = useState(false);
  const remove = () => {
    setLeaving(true);
    const back = () => setLeaving(false);
    undoable(policy.name, () => removePolicy(policy.name, etag).then(refresh).then(back), back);
  };
  const conflict = save.error instanceof Problem && save.error.status === 412;
  return (
    <Stack>
      {policy.source !== "database" && <Alert color="gray">{words.readOnly}</Alert>}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <Stack gap="sm">
          <Suspense fallback={<Loading />}>
            <Editor
              value={text}
              label={`${words.yaml}: ${policy.name}`}
              onChange={readOnly ? undefined : setText}
              diagnose={readOnly ? undefined : check}
              height="640px"
            />
          </Suspense>
          <Faults faults={faults} />
          <Broken results={broken} onSave={() => save.mutate({ tag: base, tested: false })} />
          {save.error && !conflict && <Failure error={save.error} brief={faults.length > 0} />}
          {!readOnly && (
            <>
              {changed && (
                <TextInput
                  aria-label={words.note}
                  placeholder={words.note}
                  value={note}
                  onChange={(event) => setDraft({ text, note: event.currentTarget.value, etag: base })}
                />
              )}
              <Group>
                <Button
                  onClick={() => save.mutate({ tag: base, tested: true })}
                  loading={save.isPending}
                  disabled={!changed}
                >
                  {words.save}
                </Button>
                {changed && (
                  <Button variant="default" onClick={() => setDraft(undefined)}>
                    {texts.common.undo}
                  </Button>
                )}
                <Text size="sm" c="dimmed">
                  {changed ? texts.errors.unsaved : words.noChanges}
                </Text>
                {policy.source === "database" && !changed && (
                  <Button variant="subtle" color="red" ml="auto" onClick={remove} disabled={leaving}>
                    {words.remove}
                  </Button>
                )}
              </Group>
            </>
          )}
          <TryPolicy yaml={text} />
          {looks && <Trial yaml={text} />}
        </Stack>
        <Stack gap="lg">
          <PolicyForm
            name={policy.name}
            text={text}
            effective={policy.effective}
            readOnly={readOnly}
            onChange={setText}
          />
        </Stack>
      </SimpleGrid>
      <Conflict
        theirs={theirs}
        mine={text}
        saving={save.isPending}
        onKeepMine={(tag) => save.mutate({ tag, tested: false })}
        onTakeTheirs={() => {
          setTheirs(null);
          save.reset();
          void refresh().then(() => setDraft(undefined));
        }}
        onClose={() => setTheirs(null)}
      />
    </Stack>
  );
}
