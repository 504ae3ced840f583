import type { CSSProperties, ReactNode } from "react";

import { kindOf, typeLabel } from "../logic/kinds";
import { pieces, type Span } from "../logic/spans";

export function kindStyle(entityType: string): CSSProperties {
  return { "--kind": `var(--k-${kindOf(entityType)})` } as CSSProperties;
}

/** An entity type as a chip in the colour of its family. */
export function TypeChip({ type, children, title }: { type: string; children?: ReactNode; title?: string }) {
  return (
    <span className="chip" style={kindStyle(type)} title={title ?? type}>
      {typeLabel(type)}
      {children !== undefined && <b className="num">{children}</b>}
    </span>
  );
}

interface HighlightProps<T extends Span> {
  text: string;
  spans: readonly T[];
  label?: (span: T) => string;
  active?: T | null;
  onActive?: (span: T | null) => void;
}

/** A text with its findings marked. The text is text: nothing of it is ever read as markup. */
export function Highlight<T extends Span>({ text, spans, label, active, onActive }: HighlightProps<T>) {
  return (
    <div className="wrap" style={{ lineHeight: 1.75 }}>
      {pieces(text, spans).map((piece, index) =>
        piece.span ? (
          <mark
            key={index}
            className="found"
            style={kindStyle(piece.span.entity_type)}
            data-type={piece.span.entity_type}
            data-on={active === piece.span}
            title={label ? label(piece.span) : typeLabel(piece.span.entity_type)}
            onMouseEnter={() => onActive?.(piece.span)}
            onMouseLeave={() => onActive?.(null)}
          >
            {piece.text}
          </mark>
        ) : (
          <span key={index}>{piece.text}</span>
        ),
      )}
    </div>
  );
}
