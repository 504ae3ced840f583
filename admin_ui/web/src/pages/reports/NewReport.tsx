import { Page } from "../../parts/Page";

export default function NewReport() {
  return <Page title="NewReport">…</Page>;
}
