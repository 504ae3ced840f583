import {
  Button,
  Checkbox,
  Collapse,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  TextInput,
  UnstyledButton,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { api } from "../../api/client";
import { usePolicyNames } from "../../api/names";
import type { Schemas } from "../../api/schemas";
import { useRole } from "../../api/session";
import { Failure } from "../../parts/Page";
import { texts } from "../../texts";
import { LimitFields, NO_LIMITS } from "./LimitFields";

const words = texts.keys;

interface NewKeyProps {
  opened: boolean;
  onClose: () => void;
  onSecret: (secret: string) => void;
}

const EMPTY = {
  name: "",
  policy: null as string | null,
  policies: [] as string[],
  models: ["*"],
  roles: ["use", "restore"],
  team: "",
  vault: "",
  expires_days: "" as number | "",
  limits: NO_LIMITS,
};

/** What the form holds as the body to send: what is empty is left out. */
function bodyOf(form: typeof EMPTY) {
  return {
    name: form.name,
    models: form.models,
    roles: form.roles,
    limits: form.limits,
    ...(form.policy ? { policy: form.policy } : {}),
    ...(form.policies.length ? { policies: form.policies } : {}),
    ...(form.team ? { team: form.team } : {}),
    ...(form.vault ? { vault: form.vault } : {}),
    ...(form.expires_days === "" ? {} : { expires_days: form.expires_days }),
  };
}

/** Makes a virtual key. */
export function NewKey({ opened, onClose, onSecret }: NewKeyProps) {
  const client = useQueryClient();
  const names = usePolicyNames();
  const admin = useRole("admin");
  const [more, { toggle }] = useDisclosure(false);
  const [form, setForm] = useState(EMPTY);
  const set = (part: Partial<typeof EMPTY>) => setForm({ ...form, ...part });
  const make = useMutation({
    mutationFn: () => api.post<Schemas["MadeKey"]>("/keys", bodyOf(form)),
    onSuccess: async (made) => {
      setForm(EMPTY);
      onClose();
      onSecret(made.secret);
      await client.invalidateQueries({ queryKey: ["keys"] });
    },
    gcTime: 0,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const roles = Object.keys(words.roleHelp).filter((role) => admin || role === "use" || role === "restore");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={words.create}
      size="lg"
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label={words.name}
            required
            value={form.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            data-autofocus
            autoComplete="off"
          />
          <Select
            label={words.policy}
            description={words.policyHelp}
            data={names}
            value={form.policy}
            onChange={(policy) => set({ policy })}
            clearable
            searchable
          />
          <UnstyledButton
            onClick={toggle}
            aria-expanded={more}
            style={{ color: "var(--mantine-color-anchor)" }}
          >
            {more ? texts.common.lessDetails : texts.common.details}
          </UnstyledButton>
          <Collapse expanded={more}>
            <Stack gap="sm">
              <TagsInput
                label={words.policies}
                data={names}
                value={form.policies}
                onChange={(policies) => set({ policies })}
              />
              <TagsInput
                label={words.models}
                description={words.modelsHelp}
                value={form.models}
                onChange={(models) => set({ models })}
              />
              <TextInput
                label={words.team}
                description={words.teamHelp}
                value={form.team}
                onChange={(event) => set({ team: event.currentTarget.value })}
              />
              <TextInput
                label={words.vault}
                description={words.vaultHelp}
                value={form.vault}
                onChange={(event) => set({ vault: event.currentTarget.value })}
              />
              <NumberInput
                label={words.expires}
                description={words.expiresHelp}
                min={1}
                max={3650}
                value={form.expires_days}
                onChange={(value) => set({ expires_days: value === "" ? "" : Number(value) })}
              />
              <LimitFields limits={form.limits} onChange={(limits) => set({ limits })} />
              <Checkbox.Group
                label={words.roles}
                value={form.roles}
                onChange={(value) => set({ roles: value })}
              >
                <Group gap="md" mt={4}>
                  {roles.map((role) => (
                    <Checkbox key={role} value={role} label={role} description={words.roleHelp[role]} />
                  ))}
                </Group>
              </Checkbox.Group>
            </Stack>
          </Collapse>
          {make.error && <Failure error={make.error} />}
          <Button type="submit" loading={make.isPending}>
            {words.make}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
