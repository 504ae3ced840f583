import { Group, NumberInput, Select, Stack, TagsInput } from "@mantine/core";

import type { Schemas } from "../../api/schemas";
import { texts } from "../../texts";

const words = texts.keys.limits;
export type Limits = Schemas["KeyLimits"];
type Budget = NonNullable<Limits["budget"]>;

export const NO_LIMITS: Limits = {
  requests_per_minute: null,
  tokens_per_minute: null,
  concurrent: null,
  budget: null,
  providers: ["*"],
  networks: [],
};

/** What limits a key, in a few words; empty when nothing does. */
export function limitsSaid(limits: Limits): string[] {
  const { budget } = limits;
  return [
    limits.requests_per_minute && words.perMinute(limits.requests_per_minute, words.requestsWord),
    limits.tokens_per_minute && words.perMinute(limits.tokens_per_minute, words.tokensWord),
    limits.concurrent && words.atOnce(limits.concurrent),
    budget && words.budgetSaid(budget.amount, budget.unit, budget.per),
    limits.providers.includes("*") ? "" : words.onlyProviders(limits.providers.join(", ")),
    limits.networks.length ? words.onlyFrom(limits.networks.join(", ")) : "",
  ].filter((said): said is string => Boolean(said));
}

const NUMBERS = ["requests_per_minute", "tokens_per_minute", "concurrent"] as const;

interface LimitFieldsProps {
  limits: Limits;
  onChange: (limits: Limits) => void;
}

/** The limits of a virtual key as fields; what is empty sets no limit. */
export function LimitFields({ limits, onChange }: LimitFieldsProps) {
  const set = (part: Partial<Limits>) => onChange({ ...limits, ...part });
  const budget = (part: Partial<Budget>) =>
    set({ budget: { amount: 1, unit: "cost", per: "month", ...limits.budget, ...part } });
  return (
    <Stack gap="sm">
      <Group grow align="flex-end">
        {NUMBERS.map((name) => (
          <NumberInput
            key={name}
            label={words[name]}
            placeholder={words.unlimited}
            min={1}
            allowDecimal={false}
            thousandSeparator=","
            value={limits[name] ?? ""}
            onChange={(value) => set({ [name]: value === "" ? null : Number(value) })}
          />
        ))}
      </Group>
      <Group grow align="flex-end">
        <NumberInput
          label={words.budget}
          placeholder={words.unlimited}
          min={0}
          thousandSeparator=","
          value={limits.budget?.amount ?? ""}
          onChange={(value) =>
            value === "" || Number(value) <= 0 ? set({ budget: null }) : budget({ amount: Number(value) })
          }
        />
        <Select
          label={words.unit}
          data={Object.entries(words.units).map(([value, label]) => ({ value, label }))}
          value={limits.budget?.unit ?? "cost"}
          onChange={(unit) => budget({ unit: unit as Budget["unit"] })}
          disabled={!limits.budget}
          allowDeselect={false}
        />
        <Select
          label={words.per}
          data={Object.entries(words.pers).map(([value, label]) => ({ value, label }))}
          value={limits.budget?.per ?? "month"}
          onChange={(per) => budget({ per: per as Budget["per"] })}
          disabled={!limits.budget}
          allowDeselect={false}
        />
      </Group>
      <TagsInput
        label={words.providers}
        description={words.providersHelp}
        value={limits.providers}
        onChange={(providers) => set({ providers: providers.length ? providers : ["*"] })}
      />
      <TagsInput
        label={words.networks}
        description={words.networksHelp}
        placeholder={limits.networks.length ? undefined : words.anywhere}
        value={limits.networks}
        onChange={(networks) => set({ networks })}
      />
    </Stack>
  );
}
