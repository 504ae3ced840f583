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

/** How numbers stand at a chart's axis and in its hints: with the unit that all its series share. */
export function axisOf(chart: {
  data: { columns: readonly { name: string; unit?: string }[] };
  y: readonly string[];
}): (value: number) => string {
  const units = new Set(
    chart.y.map((name) => chart.data.columns.find((column) => column.name === name)?.unit ?? ""),
  );
  const unit = units.size === 1 ? ([...units][0] ?? "") : "";
  return (value) => {
    const text = value.toLocaleString("en", { maximumFractionDigits: 2 });
    return unit ? `${text} ${unit}` : text;
  };
}

const month = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

/** Days at an axis as people write them: "Jan 2024" when each of them begins a month. */
function dated(names: readonly string[]): (name: string) => string {
  const isDay = (name: string) => /^\d{4}-\d\d-\d\d$/.test(name) && !Number.isNaN(Date.parse(name));
  if (names.length < 2 || !names.every(isDay)) return (name) => name;
  const form = names.every((name) => name.endsWith("-01")) ? month : day;
  return (name) => form.format(new Date(name));
}

/** What stands at an axis: a measured number there needs no more than one decimal. */
function label(cell: Cell): string {
  return typeof cell === "number" && !Number.isInteger(cell) ? cell.toFixed(1) : String(cell ?? "");
}

/** A chart's table as rows for drawing: one per `x`, one number per series. */
export function rowsOf(chart: ChartData): { rows: Record<string, Cell>[]; series: string[] } {
  const at = new Map(chart.data.columns.map((column, index) => [column.name, index]));
  const cell = (row: readonly Cell[], name: string): Cell => row[at.get(name) ?? -1] ?? null;
  const rows = new Map<string, Record<string, Cell>>();
  const names = new Set<string>();
  for (const row of chart.data.rows) {
    const x = label(cell(row, chart.x));
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
  const said = dated([...rows.keys()]);
  return { rows: [...rows].map(([x, row]) => ({ ...row, x: said(x) })), series: [...names] };
}

export interface Heat {
  across: string[];
  down: { name: string; cells: (number | null)[] }[];
  most: number;
}

/** A heat map's table: `x` across, the first `y` down, the number of `series` in each cell; in the order it asks for. */
export function heatOf(chart: ChartData & { options?: Record<string, string> }): Heat {
  const at = (name: string) => chart.data.columns.findIndex((column) => column.name === name);
  const [x, y, value] = [at(chart.x), at(chart.y[0] ?? ""), at(chart.series ?? "")];
  const order = (option: string, column: number): string[] =>
    chart.options?.[option]?.split("|") ??
    [...new Set(chart.data.rows.map((row) => String(row[column])))].sort();
  const cells = new Map<string, number>();
  for (const row of chart.data.rows) {
    const found = row[value];
    if (typeof found === "number") cells.set(`${String(row[y])}\n${String(row[x])}`, found);
  }
  const across = order("x_order", x);
  return {
    across,
    down: order("y_order", y).map((name) => ({
      name,
      cells: across.map((column) => cells.get(`${name}\n${column}`) ?? null),
    })),
    most: Math.max(0, ...cells.values()),
  };
}

/** A change with its sign, to as many places as the figure before it has: "−23.2". */
export function changeText(change: number, before: string): string {
  const places = /\.(\d+)/.exec(before)?.[1]?.length ?? 0;
  const size = Math.abs(change).toLocaleString("en", { maximumFractionDigits: places });
  return size === "0" ? size : `${change < 0 ? "−" : "+"}${size}`;
}
