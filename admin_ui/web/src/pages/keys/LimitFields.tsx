import { NumberInput, Select, SimpleGrid, Stack, TagsInput } from "@mantine/core";

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
  user_budget: null,
  providers: ["*"],
  networks: [],
};

/** What limits a key, in a few words; empty when nothing does. */
export function limitsSaid(limits: Limits): string[] {
  const { budget, user_budget: each } = limits;
  return [
    limits.requests_per_minute && words.perMinute(limits.requests_per_minute, words.requestsWord),
    limits.tokens_per_minute && words.perMinute(limits.tokens_per_minute, words.tokensWord),
    limits.concurrent && words.atOnce(limits.concurrent),
    budget && words.budgetSaid(budget.amount, budget.unit, budget.per),
    each && words.eachUser(words.budgetSaid(each.amount, each.unit, each.per)),
    limits.providers.includes("*") ? "" : words.onlyProviders(limits.providers.join(", ")),
    limits.networks.length ? words.onlyFrom(limits.networks.join(", ")) : "",
  ].filter((said): said is string => Boolean(said));
}

const NUMBERS = ["requests_per_minute", "tokens_per_minute", "concurrent"] as const;

interface LimitFieldsProps {
  limits: Limits;
  onChange: (limits: Limits) => void;
}

interface BudgetFieldsProps {
  label: string;
  budget: Budget | null;
  onChange: (budget: Budget | null) => void;
}

/** A budget as amount, unit and period; without an amount there is none. */
function BudgetFields({ label, budget, onChange }: BudgetFieldsProps) {
  const set = (part: Partial<Budget>) =>
    onChange({ amount: 1, unit: "cost", per: "month", ...budget, ...part });
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" style={{ alignItems: "end" }}>
      <NumberInput
        label={label}
        placeholder={words.unlimited}
        min={0}
        thousandSeparator=","
        value={budget?.amount ?? ""}
        onChange={(value) =>
          value === "" || Number(value) <= 0 ? onChange(null) : set({ amount: Number(value) })
        }
      />
      <Select
        label={words.unit}
        data={Object.entries(words.units).map(([value, name]) => ({ value, label: name }))}
        value={budget?.unit ?? "cost"}
        onChange={(unit) => set({ unit: unit as Budget["unit"] })}
        disabled={!budget}
        allowDeselect={false}
      />
      <Select
        label={words.per}
        data={Object.entries(words.pers).map(([value, name]) => ({ value, label: name }))}
        value={budget?.per ?? "month"}
        onChange={(per) => set({ per: per as Budget["per"] })}
        disabled={!budget}
        allowDeselect={false}
      />
    </SimpleGrid>
  );
}

/** The limits of a virtual key as fields; what is empty sets no limit. */
export function LimitFields({ limits, onChange }: LimitFieldsProps) {
  const set = (part: Partial<Limits>) => onChange({ ...limits, ...part });
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" style={{ alignItems: "end" }}>
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
      </SimpleGrid>
      <BudgetFields label={words.budget} budget={limits.budget} onChange={(budget) => set({ budget })} />
      <BudgetFields
        label={words.userBudget}
        budget={limits.user_budget}
        onChange={(budget) => set({ user_budget: budget })}
      />
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
