import { ActionIcon, Button, Group, NumberInput, Select } from "@mantine/core";
import { useState } from "react";

import { typeNamed } from "../../logic/kinds";
import { type Action, ACTIONS, type RuleForm } from "../../logic/policy";
import { TypeField } from "../../parts/TypeField";
import { Icon } from "../../shell/Icon";
import { texts } from "../../texts";

const words = texts.policies;
const REALISTIC = "realistic";
const ONE_WAY = "one_way";
const CHOICES = ACTIONS.flatMap((action) =>
  action === "scramble" ? [action, REALISTIC, ONE_WAY] : [action],
);

/** `realistic` is scrambling in another style, `one_way` scrambling that nothing undoes. */
function ruleWith(rule: RuleForm, choice: string): RuleForm {
  const { min_score } = rule;
  if (choice === ONE_WAY) return { action: "scramble", min_score, one_way: true };
  return choice === REALISTIC
    ? { action: "scramble", min_score, style: REALISTIC }
    : { action: choice as Action, min_score };
}

function choiceOf(rule: RuleForm): string {
  if (rule.action !== "scramble") return rule.action;
  return rule.one_way ? ONE_WAY : rule.style === REALISTIC ? REALISTIC : rule.action;
}

interface RuleRowProps {
  label: React.ReactNode;
  name: string;
  rule: RuleForm;
  readOnly: boolean;
  onChange: (rule: RuleForm) => void;
  onRemove?: () => void;
}

/** One rule: what it is about, the action, the score from which it counts. */
export function RuleRow({ label, name, rule, readOnly, onChange, onRemove }: RuleRowProps) {
  return (
    <div className="rule">
      <div style={{ overflow: "hidden" }}>{label}</div>
      <Select
        aria-label={name}
        data={CHOICES}
        renderOption={({ option: { value } }) => `${value.replace("_", "-")} — ${words.actions[value] ?? ""}`}
        comboboxProps={{ width: 260, position: "bottom-start" }}
        value={choiceOf(rule)}
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

interface AddTypeProps {
  known: readonly string[];
  label: string;
  onAdd: (name: string) => void;
}

/** A field for one more entity type. */
export function AddType({ known, label, onAdd }: AddTypeProps) {
  const [adding, setAdding] = useState("");
  const add = () => {
    if (!adding.trim()) return;
    onAdd(typeNamed(adding, known));
    setAdding("");
  };
  return (
    <Group mt="sm" gap="xs">
      <TypeField
        aria-label={label}
        placeholder={words.addType}
        size="xs"
        known={known}
        value={adding}
        onChange={setAdding}
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
  );
}
