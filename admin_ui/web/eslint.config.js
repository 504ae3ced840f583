import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["src/api/types.ts"] },
  ...ts.configs.strict,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    rules: {
      "no-console": "error",
      // Scroll areas take the focus, and rows move it by arrow keys: both are for the keyboard.
      "jsx-a11y/no-noninteractive-tabindex": ["error", { tags: [], roles: ["group", "region", "tabpanel"] }],
      "jsx-a11y/no-noninteractive-element-interactions": ["error", { handlers: ["onClick"] }],
      // Nothing of a page may reach the browser's stores or be written as markup: values are text, always.
      "no-restricted-globals": ["error", "sessionStorage", "indexedDB", "eval"],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "values are text, never markup" },
      ],
    },
  },
);
