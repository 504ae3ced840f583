import type { ReactNode } from "react";

interface FramedProps {
  /** What the text is, for who does not see the heading above it. */
  label: string;
  wrap?: boolean;
  testid?: string;
  onMouseUp?: () => void;
  children: ReactNode;
}

/** A long text in a frame of its own that scrolls, by keyboard too. */
export function Framed({ label, wrap, testid, onMouseUp, children }: FramedProps) {
  return (
    // Selecting with the mouse is a short cut only; who has no mouse scrolls with the arrow keys, so it takes the focus.
    <div
      className={wrap ? "mono prompt wrap" : "mono prompt"}
      role="region"
      aria-label={label}
      data-testid={testid}
      tabIndex={0}
      onMouseUp={onMouseUp}
    >
      {children}
    </div>
  );
}
