type Cell = string | number | boolean | null;

/** A number with separated thousands, its decimals and its unit. */
export function numberText(value: number, digits: number, unit: string): string {
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit ? `${text} ${unit}` : text;
}

/** A fact's value as the report writes it. */
export function factText(fact: { value: number | string; digits: number; unit: string }): string {
  return typeof fact.value === "number" ? numberText(fact.value, fact.digits, fact.unit) : fact.value;
}

interface ChartData {
  data: { columns: readonly { name: string }[]; rows: readonly (readonly Cell[])[] };
  x: string;
  y: readonly string[];
  series?: string | null;
}

/** A chart's table as rows for drawing: one per `x`, one number per series. */
export function rowsOf(chart: ChartData): { rows: Record<string, Cell>[]; series: string[] } {
  const at = new Map(chart.data.columns.map((column, index) => [column.name, index]));
  const cell = (row: readonly Cell[], name: string): Cell => row[at.get(name) ?? -1] ?? null;
  const rows = new Map<string, Record<string, Cell>>();
  const names = new Set<string>();
  for (const row of chart.data.rows) {
    const x = String(cell(row, chart.x) ?? "");
    const shown = rows.get(x) ?? { x };
    for (const y of chart.y) {
      const name = chart.series
        ? `${String(cell(row, chart.series) ?? "")}${chart.y.length > 1 ? ` ${y}` : ""}`
        : y;
      names.add(name);
      shown[name] = cell(row, y);
    }
    rows.set(x, shown);
  }
  return { rows: [...rows.values()], series: [...names] };
}
