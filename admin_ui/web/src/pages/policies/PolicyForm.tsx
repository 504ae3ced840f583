import { Card, Group, Select, Spoiler, Stack, Text, Textarea, Title } from "@mantine/core";
import { usePolicyNames } from "../../api/names";
import { COMMON_TYPES, typeLabel } from "../../logic/kinds";
import { placesOf, readPolicy, setAt, setDefault, setRule } from "../../logic/policy";
import { TypeChip } from "../../parts/Types";
import { texts } from "../../texts";
import { PolicyPlaces } from "./PolicyPlaces";
import { PolicySections } from "./PolicySections";
import { AddType, RuleRow } from "./RuleRow";

const words = texts.policies;
/** The height of two rows of chips with the gap between them: none is cut through. */
const ROWS_PX = 24 + 6 + 24;

interface PolicyFormProps {
  name: string;
  text: string;
  readOnly: boolean;
  /** What counts with everything that the policy inherits, as of the saved version. */
  effective: Record<string, unknown>;
  onChange: (text: string) => void;
}

/** The policy's YAML as a form; each change edits the text and leaves its comments alone. */
export function PolicyForm({ name: own, text, readOnly, effective, onChange }: PolicyFormProps) {
  const names = usePolicyNames();
  const form = readPolicy(text);
  if (!form)
    return (
      <Card>
        <Text c="dimmed">{words.unreadable}</Text>
      </Card>
    );
  const set = (path: string[], value: unknown) => {
    // `linkable` is an older word for the scope: both of them are a fault.
    const base = path[0] === "scope" ? setAt(text, ["linkable"], undefined) : text;
    onChange(setAt(base, path, value));
  };
  const inherited = (effective.entities ?? {}) as Record<string, { action?: string }>;
  const rest = Object.entries(inherited).filter(([name]) => !(name in form.entities));
  const known = [...new Set([...Object.keys(inherited), ...COMMON_TYPES])].filter(
    (name) => !(name in form.entities),
  );
  return (
    <Card>
      <Stack gap="md">
        <Textarea
          label={words.description}
          autosize
          disabled={readOnly}
          value={form.description}
          onChange={(event) => set(["description"], event.currentTarget.value || undefined)}
        />
        <Select
          label={words.createFrom}
          placeholder={texts.common.none}
          data={[...new Set([...names.filter((name) => name !== own), form.extends])].filter(Boolean)}
          value={form.extends || null}
          disabled={readOnly}
          clearable
          searchable
          onChange={(value) => set(["extends"], value ?? undefined)}
        />
        <div>
          <Title order={3}>{words.rules}</Title>
          <Text size="xs" c="dimmed" mb="xs">
            {words.rulesHelp}
          </Text>
          <Stack gap={6}>
            <div className="rule rule-heads" aria-hidden>
              <span>{words.ruleHeads.type}</span>
              <span>{words.ruleHeads.action}</span>
              <span>{words.ruleHeads.score}</span>
            </div>
            {Object.entries(form.entities).map(([name, rule]) => (
              <RuleRow
                key={name}
                name={typeLabel(name)}
                label={<TypeChip type={name} />}
                rule={rule}
                readOnly={readOnly}
                onChange={(next) => onChange(setRule(text, name, next))}
                onRemove={() => onChange(setRule(text, name, null))}
              />
            ))}
            <RuleRow
              name={words.everythingElse}
              label={<Text size="sm">{words.everythingElse}</Text>}
              rule={form.fallback}
              readOnly={readOnly}
              onChange={(next) => onChange(setDefault(text, next))}
            />
          </Stack>
          {!readOnly && (
            <AddType
              known={known}
              label={words.addType}
              onAdd={(name) => onChange(setRule(text, name, { action: "scramble", min_score: 0 }))}
            />
          )}
        </div>
        {rest.length > 0 && (
          <div>
            <Text size="xs" c="dimmed" mb={4}>
              {words.inherited}
            </Text>
            <Spoiler maxHeight={ROWS_PX} showLabel={words.showAll(rest.length)} hideLabel={words.showLess}>
              <Group gap={6}>
                {rest.map(([name, rule]) => (
                  <TypeChip key={name} type={name}>
                    {rule.action}
                  </TypeChip>
                ))}
              </Group>
            </Spoiler>
          </div>
        )}
        <PolicyPlaces places={placesOf(form.own.places)} readOnly={readOnly} set={set} />
        <PolicySections own={form.own} effective={effective} readOnly={readOnly} set={set} />
      </Stack>
    </Card>
  );
}
