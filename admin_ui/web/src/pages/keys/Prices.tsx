import { Group, NumberInput, TextInput } from "@mantine/core";

import type { Schemas } from "../../api/schemas";
import { texts } from "../../texts";
import { RecordTable } from "./RecordTable";

const words = texts.keys.prices;
type Price = Schemas["PriceAnswer"];

export function Prices() {
  return (
    <RecordTable<Price, { name: string; input: number; output: number; cached_input: number | null }>
      path="/prices"
      lead={words.lead}
      add={words.add}
      empty={{ title: words.none, body: words.noneBody }}
      columns={[
        { label: words.model, cell: (item) => <b>{item.name}</b> },
        { label: words.input, cell: (item) => <span className="num">{item.input}</span> },
        { label: words.output, cell: (item) => <span className="num">{item.output}</span> },
        { label: words.cached, cell: (item) => <span className="num">{item.cached_input ?? "–"}</span> },
      ]}
      blank={{ name: "", input: 0, output: 0, cached_input: null }}
      formOf={({ name, input, output, cached_input }) => ({ name, input, output, cached_input })}
      bodyOf={({ name, input, output, cached_input }) => ({
        name,
        body: { input, output, ...(cached_input === null ? {} : { cached_input }) },
      })}
      fields={(form, set, existing) => (
        <>
          <TextInput
            label={words.model}
            required
            disabled={existing}
            value={form.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <Group grow>
            <NumberInput
              label={words.input}
              required
              min={0}
              value={form.input}
              onChange={(value) => set({ input: Number(value) || 0 })}
            />
            <NumberInput
              label={words.output}
              required
              min={0}
              value={form.output}
              onChange={(value) => set({ output: Number(value) || 0 })}
            />
            <NumberInput
              label={words.cached}
              min={0}
              value={form.cached_input ?? ""}
              onChange={(value) => set({ cached_input: value === "" ? null : Number(value) })}
            />
          </Group>
        </>
      )}
    />
  );
}
