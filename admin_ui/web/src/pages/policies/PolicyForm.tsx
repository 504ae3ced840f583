import {
  ActionIcon,
  Autocomplete,
  Button,
  Card,
  Group,
  NumberInput,
  Select,
  Spoiler,
  Stack,
  Text,
  Textarea,
  Title,
} from "@mantine/core";
import { useState } from "react";

import { usePolicyNames } from "../../api/names";
import { COMMON_TYPES, typeLabel } from "../../logic/kinds";
import {
  type Action,
  ACTIONS,
  readPolicy,
  type RuleForm,
  setAt,
  setDefault,
  setRule,
} from "../../logic/policy";
import { TypeChip } from "../../parts/Types";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";
import { PolicySections } from "./PolicySections";

const words = texts.policies;
const REALISTIC = "realistic";
const CHOICES = ACTIONS.flatMap((action) => (action === "scramble" ? [action, REALISTIC] : [action]));

/** `realistic` is scrambling in another style. */
function ruleWith(rule: RuleForm, choice: string): RuleForm {
  const { min_score } = rule;
  return choice === REALISTIC
    ? { action: "scramble", min_score, style: REALISTIC }
    : { action: choice as Action, min_score };
}

interface RuleRowProps {
  label: React.ReactNode;
  name: string;
  rule: RuleForm;
  readOnly: boolean;
  onChange: (rule: RuleForm) => void;
  onRemove?: () => void;
}

function RuleRow({ label, name, rule, readOnly, onChange, onRemove }: RuleRowProps) {
  return (
    <div className="rule">
      <div style={{ overflow: "hidden" }}>{label}</div>
      <Select
        aria-label={name}
        data={CHOICES}
        renderOption={({ option: { value } }) => `${value} — ${words.actions[value] ?? ""}`}
        comboboxProps={{ width: 260, position: "bottom-start" }}
        value={rule.style === REALISTIC ? REALISTIC : rule.action}
        disabled={readOnly}
        allowDeselect={false}
        size="xs"
        onChange={(choice) => choice && onChange(ruleWith(rule, choice))}
      />
      <NumberInput
        aria-label={`${name}: ${words.minScore}`}
        value={rule.min_score}
        min={0}
        max={1}
        step={0.05}
        decimalScale={2}
        disabled={readOnly}
        size="xs"
        onChange={(value) => onChange({ ...rule, min_score: Number(value) || 0 })}
      />
      {onRemove && !readOnly ? (
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={onRemove}
          aria-label={`${texts.common.remove} ${name}`}
        >
          <Icon name="x" size={16} />
        </ActionIcon>
      ) : (
        <span />
      )}
    </div>
  );
}

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
  const [adding, setAdding] = useState("");
  const form = readPolicy(text);
  if (!form)
    return (
      <Card>
        <Text c="dimmed">{words.unreadable}</Text>
      </Card>
    );
  const set = (path: string[], value: unknown) => onChange(setAt(text, path, value));
  const add = () => {
    const name = adding
      .trim()
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, "_");
    if (!name) return;
    onChange(setRule(text, name, { action: "scramble", min_score: 0 }));
    setAdding("");
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
            <Group mt="sm" gap="xs">
              <Autocomplete
                aria-label={words.addType}
                placeholder={words.addType}
                size="xs"
                data={known}
                value={adding}
                onChange={setAdding}
                onOptionSubmit={setAdding}
                limit={12}
              />
              <Button
                size="xs"
                variant="default"
                onClick={add}
                disabled={!adding.trim()}
                leftSection={<Icon name="plus" size={14} />}
              >
                {words.addType}
              </Button>
            </Group>
          )}
        </div>
        {rest.length > 0 && (
          <Spoiler maxHeight={64} showLabel={words.showAll(rest.length)} hideLabel={words.showLess}>
            <Text size="xs" c="dimmed" mb={4}>
              {words.inherited}
            </Text>
            <Group gap={6}>
              {rest.map(([name, rule]) => (
                <TypeChip key={name} type={name}>
                  {rule.action}
                </TypeChip>
              ))}
            </Group>
          </Spoiler>
        )}
        <PolicySections own={form.own} effective={effective} readOnly={readOnly} set={set} />
      </Stack>
    </Card>
  );
}
