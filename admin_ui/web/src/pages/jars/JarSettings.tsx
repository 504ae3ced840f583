import { Button, Card, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";

import { api } from "../../api/client";
import { type Jar, jarPath } from "../../api/jars";
import { said } from "../../parts/notify";
import { Failure } from "../../parts/Page";
import { texts } from "../../texts";
import { JarFields, type JarForm } from "./NewJar";

const words = texts.data.jar;

/** A jar's settings, and shredding it: that cannot be undone, so its name has to be typed. */
export function JarSettings({ jar }: { jar: Jar }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const { name, kind, description, tags, policy, review_required, retention_days } = jar;
  const [form, setForm] = useState<JarForm>({
    name,
    kind,
    description,
    tags,
    policy,
    review_required,
    retention_days,
  });
  const [typed, setTyped] = useState("");
  const save = useMutation({
    mutationFn: () => {
      const change = { kind: form.kind, description: form.description, tags: form.tags, policy: form.policy };
      const { review_required, retention_days } = form;
      const whole = { ...change, review_required, retention_days };
      return api.patch(jarPath(name), whole, { "If-Match": `"${jar.version}"` });
    },
    onSuccess: async () => {
      said(texts.common.saved);
      await client.invalidateQueries({ queryKey: ["jar", name] });
    },
  });
  const shred = useMutation({
    mutationFn: () => api.remove(jarPath(name)),
    onSuccess: async () => {
      client.removeQueries({ queryKey: ["jar", name] });
      await client.invalidateQueries({ queryKey: ["jars"] });
      go("/jars");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Stack maw={820}>
      <Card>
        <form onSubmit={submit}>
          <Stack gap="sm">
            <JarFields form={form} set={(part) => setForm({ ...form, ...part })} />
            {save.error && <Failure error={save.error} />}
            <Button type="submit" w="fit-content" loading={save.isPending}>
              {texts.common.save}
            </Button>
          </Stack>
        </form>
      </Card>
      <Card>
        <Title order={2}>{words.delete}</Title>
        <Text c="dimmed" mb="sm">
          {words.deleteHelp}
        </Text>
        <Group align="flex-end">
          <TextInput
            label={words.deleteConfirm}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
          />
          <Button
            color="red"
            disabled={typed !== name}
            onClick={() => shred.mutate()}
            loading={shred.isPending}
          >
            {words.delete}
          </Button>
        </Group>
        {shred.error && <Failure error={shred.error} />}
      </Card>
    </Stack>
  );
}
