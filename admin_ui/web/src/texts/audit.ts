export const auditTexts = { title: "Audit" };
