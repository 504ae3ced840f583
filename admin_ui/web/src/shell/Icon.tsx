/** The console's own icons: strokes on a 24-unit grid, drawn with the text's colour. */
const SHAPES = {
  home: "M4 11.5 12 5l8 6.5M6.5 10v9h11v-9",
  chart: "M5 19V11M10 19V5M15 19v-6M20 19H4",
  flask: "M10 4v6l-5 8.5h14L14 10V4M9 4h6M8 14.5h8",
  shield: "M12 3.5 19 6v6c0 4.2-2.8 7-7 8.5C7.8 19 5 16.2 5 12V6z",
  key: "M14.5 9.5a4 4 0 1 0-3.2 3.9L13 15h2v2h2v2h3v-3l-5.7-5.7z",
  jar: "M8 4h8M9 4v2.5L7 9v10h10V9l-2-2.5V4M7 13.5h10",
  plug: "M9 4v4M15 4v4M7 8h10v3a5 5 0 0 1-10 0zM12 16v4",
  report: "M7 3.5h7l4 4v13H7zM14 3.5v4h4M10 12h5M10 16h5",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5 20 20",
  gear: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M18.4 5.6l-2.1 2.1M7.7 16.3l-2.1 2.1",
  user: "M12 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM5 20c.6-3.6 3.3-5.5 7-5.5s6.4 1.9 7 5.5",
  users:
    "M9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM3 19c.5-3 2.7-4.7 6-4.7s5.5 1.7 6 4.7M16 6.5a2.7 2.7 0 0 1 0 5M17.5 14.6c2 .6 3.2 2.1 3.5 4.4",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4",
  moon: "M19 14.5A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.5z",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  check: "m5 12.5 4.5 4.5L19 7.5",
  x: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  rotate: "M19 12a7 7 0 1 1-2-5M17.5 3.5V7H14",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 11v5M13.5 11v5",
  down: "M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14",
  up: "M12 19V8M7.5 12 12 7.5 16.5 12M5 4.5h14",
  coin: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM14.5 9.2c-.5-.9-1.4-1.2-2.5-1.2-1.4 0-2.5.7-2.5 1.9 0 2.8 5.2 1.4 5.2 4.2 0 1.2-1.2 1.9-2.7 1.9-1.2 0-2.2-.4-2.7-1.3M12 6.5V8M12 16v1.5",
  right: "m9.5 6 6 6-6 6",
  left: "m14.5 6-6 6 6 6",
  lock: "M7 11h10v9H7zM9 11V8a3 3 0 0 1 6 0v3",
  alert: "M12 4 3.5 19h17zM12 10v4M12 16.5v.2",
  eye: "M2.5 12c2-4 5.4-6 9.5-6s7.5 2 9.5 6c-2 4-5.4 6-9.5 6s-7.5-2-9.5-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  model: "M12 3.5 19.5 8v8L12 20.5 4.5 16V8zM12 12l7.5-4M12 12v8.5M12 12 4.5 8",
  play: "M8 5.5v13l10-6.5z",
  stop: "M7 7h10v10H7z",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.5l3 2",
  out: "M14 5H6v14h8M11 12h9M16.5 8.5 20 12l-3.5 3.5",
  diff: "M7 5v10M7 19h.01M17 19V9M17 5h.01M4 8l3-3 3 3M14 16l3 3 3-3",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8v.2",
  liked:
    "M4 11h3.5v8.5H4zM7.5 11 11 3.5c1.5 0 2.5 1 2.5 2.5v3h5c1 0 1.8 1 1.5 2l-1.6 7c-.2.9-.9 1.5-1.9 1.5h-9",
  disliked:
    "M4 13h3.5V4.5H4zM7.5 13l3.5 7.5c1.5 0 2.5-1 2.5-2.5v-3h5c1 0 1.8-1 1.5-2l-1.6-7c-.2-.9-.9-1.5-1.9-1.5h-9",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M6 12h.01M12 12h.01M18 12h.01",
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      style={{ flexShrink: 0 }}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 3 : 1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
      focusable={false}
    >
      <path d={SHAPES[name]} />
    </svg>
  );
}

export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable={false}>
      <path d="M16 2 28 9v14l-12 7L4 23V9z" fill="#fcc42e" />
      <path d="M10 13h12M10 19h8" stroke="#1b1a17" strokeWidth={3} strokeLinecap="round" />
    </svg>
  );
}
