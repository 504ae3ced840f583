import {
  Button,
  Card,
  Checkbox,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Stepper,
  TagsInput,
  Textarea,
  Text,
  TextInput,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useState } from "react";
import { Link } from "wouter";

import { api } from "../../api/client";
import type { Filled, JarHead } from "../../api/jars";
import { usePolicyNames } from "../../api/names";
import { useKept } from "../../logic/drafts";
import { Failure, Page } from "../../parts/Page";
import { texts } from "../../texts";
import { AddSource, Result } from "./AddSource";
import { Gallery } from "./Gallery";

/** A name as it may be, while it is typed: "My tickets" is my-tickets. */
const asName = (typed: string) => typed.toLowerCase().replace(/\s+/g, "-");
const words = texts.data.jars;

export interface JarForm {
  name: string;
  kind: string;
  description: string;
  tags: string[];
  policy: string | null;
  review_required: boolean;
  retention_days: number | null;
}

const EMPTY: JarForm = {
  name: "",
  kind: "private",
  description: "",
  tags: [],
  policy: null,
  review_required: false,
  retention_days: null,
};

/** What is filled in, and the name of the jar once it is made. */
const START: { form: JarForm; name: string | null } = { form: EMPTY, name: null };

/** The fields of a jar but its name. */
export function JarFields({ form, set }: { form: JarForm; set: (part: Partial<JarForm>) => void }) {
  const policies = usePolicyNames();
  return (
    <>
      <Textarea
        label={words.description}
        autosize
        minRows={2}
        value={form.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ alignItems: "end" }}>
        <Select
          label={words.kind}
          data={Object.entries(words.kindHelp).map(([value, help]) => ({
            value,
            label: help,
          }))}
          value={form.kind}
          onChange={(kind) => set({ kind: kind ?? "private" })}
          allowDeselect={false}
        />
        <Select
          label={words.policy}
          description={words.policyHelp}
          data={policies}
          value={form.policy}
          onChange={(policy) => set({ policy })}
          clearable
          searchable
        />
        <TagsInput label={words.tags} value={form.tags} onChange={(tags) => set({ tags })} />
        <NumberInput
          label={words.retention}
          min={1}
          value={form.retention_days ?? ""}
          onChange={(value) => set({ retention_days: value === "" ? null : Number(value) })}
        />
      </SimpleGrid>
      <Checkbox
        label={words.reviewRequired}
        checked={form.review_required}
        onChange={(event) => set({ review_required: event.currentTarget.checked })}
      />
    </>
  );
}

/** A jar in three steps: what it is, what goes in, what was found. */
export default function NewJar() {
  const client = useQueryClient();
  const narrow = useMediaQuery("(max-width: 48em)");
  const [{ form, name }, keep, anew] = useKept("jar/new", START);
  // The last step is of this visit: who comes back makes another jar.
  const [done, setDone] = useState<{ jar: string; filled: Filled } | null>(null);
  const jar = done?.jar ?? name;
  const set = (part: Partial<JarForm>) => keep({ form: { ...form, ...part } });
  const make = useMutation({
    mutationFn: () => api.post<JarHead>("/jars", form),
    onSuccess: async (made) => {
      keep({ name: made.name });
      await client.invalidateQueries({ queryKey: ["jars"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const fill = (jar: string, filled: Filled) => {
    setDone({ jar, filled });
    anew();
  };
  const step = done ? 2 : jar ? 1 : 0;
  const at = jar ? `/jars/${encodeURIComponent(jar)}` : "/jars";
  return (
    <Page title={words.create} back={{ href: "/jars", label: words.title }}>
      <Stepper
        active={step}
        size="sm"
        orientation={narrow ? "vertical" : "horizontal"}
        allowNextStepsSelect={false}
      >
        <Stepper.Step label={words.steps.about}>
          <Card maw={820}>
            <form onSubmit={submit}>
              <Stack gap="sm">
                <TextInput
                  label={words.name}
                  description={words.nameHelp}
                  required
                  maxLength={63}
                  value={form.name}
                  onChange={(event) => set({ name: asName(event.currentTarget.value) })}
                  autoComplete="off"
                />
                <JarFields form={form} set={set} />
                {make.error && <Failure error={make.error} />}
                <Button type="submit" w="fit-content" loading={make.isPending}>
                  {texts.common.next}
                </Button>
              </Stack>
            </form>
          </Card>
          <Gallery />
        </Stepper.Step>
        <Stepper.Step label={words.steps.source}>
          {jar && (
            <Stack>
              <Group justify="space-between">
                <Text>{words.filling(jar)}</Text>
                <Button variant="default" size="xs" onClick={anew}>
                  {words.another}
                </Button>
              </Group>
              <AddSource jar={jar} onDone={(filled) => fill(jar, filled)} />
            </Stack>
          )}
        </Stepper.Step>
        <Stepper.Step label={words.steps.done}>
          {done && (
            <Stack maw={820}>
              <Result filled={done.filled} />
              <Group>
                <Button component={Link} href={`${at}/columns`}>
                  {texts.data.source.review}
                </Button>
                <Button component={Link} href={at} variant="default">
                  {texts.data.source.open}
                </Button>
                <Button
                  component={Link}
                  href={`/reports/new?jar=${encodeURIComponent(done.jar)}`}
                  variant="default"
                >
                  {texts.data.source.report}
                </Button>
              </Group>
            </Stack>
          )}
        </Stepper.Step>
      </Stepper>
    </Page>
  );
}
