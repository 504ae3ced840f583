import "@mantine/charts/styles.css";

import { AreaChart, BarChart, LineChart } from "@mantine/charts";
import { Text } from "@mantine/core";

export interface Series {
  name: string;
  label: string;
  color: string;
}

interface ChartProps {
  data: Record<string, unknown>[];
  x: string;
  series: Series[];
  height?: number;
  kind?: "area" | "bar" | "line";
  stacked?: boolean;
  /** Bars lie, so that names of any length can be read beside them. */
  lying?: boolean;
  format?: (value: number) => string;
  summary: string;
}

/** Labels at even steps, each below its own point: the last has room, or it is pushed to the point before. */
const ROOM = { padding: { left: 0, right: 28 }, interval: "equidistantPreserveStart" as const };

/** The picture is hidden from screen readers, so the keyboard must not stop at it either. */
const OUT_OF_THE_WAY = { accessibilityLayer: false };

/** A chart with one sentence that says the same, for those who cannot see it. */
export default function Chart({
  data,
  x,
  series,
  height = 220,
  kind = "area",
  stacked = true,
  lying = false,
  format,
  summary,
}: ChartProps) {
  const common = {
    h: height,
    data,
    dataKey: x,
    series,
    valueFormatter: format,
    gridAxis: "x" as const,
    tickLine: "none" as const,
    withLegend: series.length > 1,
    legendProps: { verticalAlign: "bottom" as const, height: 30 },
    strokeDasharray: "3 4",
    // As wide as its longest label: units stand at the axis.
    yAxisProps: { width: "auto" as const },
  };
  return (
    <figure style={{ margin: 0 }}>
      <div aria-hidden>
        {kind === "area" && (
          <AreaChart
            {...common}
            xAxisProps={ROOM}
            areaChartProps={OUT_OF_THE_WAY}
            withDots={false}
            type={stacked ? "stacked" : "default"}
            curveType="monotone"
            fillOpacity={0.35}
          />
        )}
        {kind === "line" && (
          <LineChart
            {...common}
            xAxisProps={ROOM}
            lineChartProps={OUT_OF_THE_WAY}
            withDots={false}
            curveType="monotone"
          />
        )}
        {kind === "bar" && (
          <BarChart
            {...common}
            barChartProps={OUT_OF_THE_WAY}
            type={stacked ? "stacked" : "default"}
            maxBarWidth={lying ? 22 : 36}
            {...(lying && {
              orientation: "vertical",
              gridAxis: "y",
              yAxisProps: { width: 150, interval: 0 },
            })}
          />
        )}
      </div>
      <Text component="figcaption" size="xs" c="dimmed" mt={8}>
        {summary}
      </Text>
    </figure>
  );
}
