import { Alert, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { api } from "../../api/client";
import type { Connector, ConnectorKind } from "../../api/jars";
import { fieldsOf, valueOf } from "../../logic/schema";
import { inSight } from "../../logic/sight";
import { Failure } from "../../parts/Page";
import { SchemaForm } from "../../parts/SchemaForm";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.data.connectors;

interface ConnectorFormProps {
  kinds: ConnectorKind[];
  connector: Connector | null;
  onDone: () => void;
}

/** A connector's settings as a form made of its kind's schema; secrets that stay empty stay as they are. */
export function ConnectorForm({ kinds, connector, onDone }: ConnectorFormProps) {
  const [kind, setKind] = useState(connector?.kind ?? "");
  const [name, setName] = useState(connector?.name ?? "");
  const [values, setValues] = useState<Record<string, unknown>>(connector?.config ?? {});
  const fields = fieldsOf(kinds.find((one) => one.kind === kind)?.schema ?? {}).map((field) =>
    connector && field.kind === "secret" ? { ...field, required: false } : field,
  );
  const about = kinds.find((one) => one.kind === kind)?.schema.description;
  const config = valueOf(fields, values);
  const test = useMutation({
    mutationFn: () => api.post("/connectors/test", { kind, name, config }),
    gcTime: 0,
  });
  const save = useMutation({
    mutationFn: () =>
      connector
        ? api.put(`/connectors/${connector.id}`, { config }, { "If-Match": `"${connector.version}"` })
        : api.post("/connectors", { kind, name, config }),
    onSuccess: onDone,
    gcTime: 0,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {!connector && (
          <>
            <Select
              label={words.kind}
              required
              data={kinds.map((one) => ({ value: one.kind, label: one.schema.title ?? one.kind }))}
              value={kind || null}
              onChange={(value) => {
                setKind(value ?? "");
                setValues({});
              }}
            />
            <TextInput
              label={words.name}
              required
              maxLength={63}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              autoComplete="off"
            />
          </>
        )}
        {about && (
          <Text size="sm" c="dimmed">
            {about}
          </Text>
        )}
        <SchemaForm fields={fields} values={values} errors={{}} onChange={setValues} />
        {connector && connector.secrets.length > 0 && (
          <Text size="xs" c="dimmed">
            {words.secretsKept}
          </Text>
        )}
        {test.data !== undefined && (
          <Alert ref={inSight} color="teal" icon={<Icon name="check" />} role="status">
            {words.works}
          </Alert>
        )}
        {(test.error ?? save.error) && <Failure error={test.error ?? save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!kind}>
            {texts.common.save}
          </Button>
          {!connector && (
            <Button variant="default" onClick={() => test.mutate()} loading={test.isPending} disabled={!kind}>
              {words.test}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
