import { Button, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";

import { usePropose } from "../../api/corrections";
import { usePolicyNames } from "../../api/names";
import { COMMON_TYPES, typeLabel } from "../../logic/kinds";
import { said } from "../../parts/notify";
import { Failure } from "../../parts/Page";
import { texts } from "../../texts";

const words = texts.corrections;

/** A word that was missed, or one that is nobody's; the word is dropped here once it is sent. */
export function Propose({ onDone }: { onDone: () => void }) {
  const policies = usePolicyNames();
  const propose = usePropose();
  const [kind, setKind] = useState<"known" | "allow">("known");
  const [value, setValue] = useState("");
  const [type, setType] = useState<string | null>("PERSON");
  const [policy, setPolicy] = useState<string | null>(null);
  const known = kind === "known";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    propose.mutate(
      { kind, value, ...(known ? { entity_type: type } : { policy: policy ?? policies[0] ?? null }) },
      {
        onSuccess: () => {
          setValue("");
          said(words.proposed);
          onDone();
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <SegmentedControl
          mt={4}
          aria-label={words.kind}
          data={Object.entries(words.kinds).map(([key, label]) => ({ value: key, label }))}
          value={kind}
          onChange={(next) => setKind(next === "allow" ? "allow" : "known")}
        />
        <TextInput
          label={words.word}
          description={known ? words.wordHelp : words.allowHelp}
          required
          minLength={2}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          data-autofocus
        />
        {known ? (
          <Select
            label={words.type}
            data={COMMON_TYPES.map((name) => ({ value: name, label: typeLabel(name) }))}
            value={type}
            onChange={setType}
            allowDeselect={false}
            searchable
          />
        ) : (
          <Select
            label={words.policy}
            data={policies}
            value={policy ?? policies[0] ?? null}
            onChange={setPolicy}
            allowDeselect={false}
            searchable
          />
        )}
        {propose.error && <Failure error={propose.error} />}
        <Button type="submit" loading={propose.isPending}>
          {words.propose}
        </Button>
      </Stack>
    </form>
  );
}
