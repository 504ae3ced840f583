import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const honey: MantineColorsTuple = [
  "#fff9e6", "#fff0c7", "#ffe394", "#ffd560", "#fcc42e", "#eeb011", "#c08a00", "#946900", "#785500", "#5a3f00",
]; // prettier-ignore
const dark: MantineColorsTuple = [
  "#d7d9de", "#b4b8c1", "#9aa0ac", "#6d7482", "#474d59", "#333843", "#252a33", "#191d24", "#13161c", "#0d0f13",
]; // prettier-ignore

export const theme = createTheme({
  primaryColor: "honey",
  primaryShade: 4,
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { honey, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
  defaultRadius: "md",
  cursorType: "pointer",
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.6rem" }, h2: { fontSize: "1.15rem" }, h3: { fontSize: "1rem" } },
  },
  components: {
    Card: { defaultProps: { withBorder: true, padding: "lg" } },
    Modal: {
      defaultProps: { centered: true, overlayProps: { blur: 2 } },
      styles: {
        title: { fontWeight: 650, fontSize: "1.1rem" },
        header: { background: "var(--sting-surface)" },
        content: { background: "var(--sting-surface)" },
      },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Badge: { defaultProps: { variant: "light", radius: "sm", tt: "none" } },
    // Who has no mouse scrolls a wide table with the arrow keys: it takes the focus.
    TableScrollContainer: { defaultProps: { type: "native", tabIndex: 0, className: "sideways" } },
    Table: { defaultProps: { verticalSpacing: "sm", highlightOnHover: true } },
  },
});

// Honey is too bright to be read on white: text, lines and focus use its dark shades there.
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f7f7f5",
    "--sting-surface": "#ffffff",
    "--sting-line": "#e3e2dd",
    "--sting-shade": "rgb(0 0 0 / 18%)",
    "--sting-focus": "#785500",
    "--mantine-color-anchor": honey[8],
    "--mantine-color-dimmed": "#5c6069",
    "--mantine-color-honey-light-color": honey[8],
    "--mantine-color-honey-outline": honey[8],
    "--mantine-color-honey-text": honey[8],
    "--mantine-color-placeholder": "#6b7078",
    "--mantine-color-red-text": "#b42318",
    // Badges: dark enough on their light grounds (4.5 to 1).
    "--mantine-color-teal-light-color": "#05593f",
    "--mantine-color-orange-light-color": "#8a3300",
    "--mantine-color-red-light-color": "#a01919",
    "--mantine-color-blue-light-color": "#0f4c86",
    "--mantine-color-grape-light-color": "#702080",
    "--mantine-color-gray-light-color": "#3f464d",
  },
  dark: {
    "--mantine-color-body": dark[8],
    "--sting-surface": dark[7],
    "--sting-line": dark[5],
    "--sting-shade": "rgb(0 0 0 / 70%)",
    "--sting-focus": honey[4],
    "--mantine-color-anchor": honey[4],
    "--mantine-color-dimmed": dark[2],
    "--mantine-color-placeholder": dark[2],
    // The same kinds of badges as in light: a hue tells them apart, and grey is no hole in the page.
    "--mantine-color-teal-light-color": "#63e6be",
    "--mantine-color-orange-light-color": "#ffc078",
    "--mantine-color-red-light-color": "#ff9b9b",
    "--mantine-color-blue-light-color": "#8cc8ff",
    "--mantine-color-grape-light-color": "#e3a5ef",
    "--mantine-color-gray-light": dark[5],
    "--mantine-color-gray-light-color": dark[0],
  },
});
