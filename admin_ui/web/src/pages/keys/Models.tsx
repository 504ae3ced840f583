import { TagsInput, TextInput } from "@mantine/core";

import type { Schemas } from "../../api/schemas";
import { texts } from "../../texts";
import { RecordTable } from "./RecordTable";

const words = texts.keys.modelTable;
type Model = Schemas["ModelAnswer"];

export function Models() {
  return (
    <RecordTable<Model, { name: string; target: string; fallback: string[] }>
      path="/models"
      lead={words.lead}
      add={words.add}
      empty={{ title: words.none, body: words.noneBody }}
      columns={[
        { label: words.name, cell: (item) => <b>{item.name}</b> },
        { label: words.target, cell: (item) => <span className="mono">{item.target}</span> },
        { label: words.fallback, cell: (item) => item.fallback.join(" → ") },
      ]}
      blank={{ name: "", target: "", fallback: [] }}
      formOf={({ name, target, fallback }) => ({ name, target, fallback })}
      bodyOf={({ name, target, fallback }) => ({ name, body: { target, fallback } })}
      fields={(form, set, existing) => (
        <>
          <TextInput
            label={words.name}
            required
            disabled={existing}
            value={form.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <TextInput
            label={words.target}
            description={words.targetHelp}
            required
            value={form.target}
            onChange={(event) => set({ target: event.currentTarget.value })}
          />
          <TagsInput
            label={words.fallback}
            description={words.targetHelp}
            value={form.fallback}
            onChange={(fallback) => set({ fallback })}
          />
        </>
      )}
    />
  );
}
