import { yaml } from "@codemirror/lang-yaml";
import { type Diagnostic, linter, lintGutter } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { oneDark } from "@codemirror/theme-one-dark";
import { useComputedColorScheme } from "@mantine/core";
import { basicSetup, EditorView } from "codemirror";
import { useEffect, useRef } from "react";

const nonce = () => document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";

interface EditorProps {
  value: string;
  label: string;
  onChange?: (value: string) => void;
  /** Shown as the text before, with changes marked. */
  before?: string;
  diagnose?: (text: string) => Diagnostic[] | Promise<Diagnostic[]>;
  height?: string;
}

/** A YAML editor with line numbers, marks for errors and, when `before` is given, the changes against it. */
export default function Editor({ value, label, onChange, before, diagnose, height = "460px" }: EditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, diagnose, value });
  useEffect(() => {
    latest.current = { onChange, diagnose, value };
  });
  const dark = useComputedColorScheme("light") === "dark";
  useEffect(() => {
    if (!place.current) return undefined;
    const editor = new EditorView({
      doc: latest.current.value,
      parent: place.current,
      extensions: [
        basicSetup,
        yaml(),
        EditorView.lineWrapping,
        EditorView.cspNonce.of(nonce()),
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.theme({ "&": { maxHeight: height }, ".cm-scroller": { overflow: "auto" } }),
        EditorView.editable.of(latest.current.onChange !== undefined),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
        }),
        ...(dark ? [oneDark] : []),
        ...(before === undefined
          ? []
          : [unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: {} })]),
        ...(latest.current.diagnose
          ? [
              lintGutter(),
              linter((editing) => latest.current.diagnose?.(editing.state.doc.toString()) ?? [], {
                delay: 400,
              }),
            ]
          : []),
      ],
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [dark, label, before, height]);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={place} />;
}
