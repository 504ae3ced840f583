import { Page } from "../../parts/Page";

export default function NewJar() {
  return <Page title="NewJar">…</Page>;
}
